package test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

// TestJournalFile looks for passwords and values in the bytes of the store's file: a password is
// never in it, and without values no value of an attribute that Keycloak has is.
func TestJournalFile(t *testing.T) {
	w := newWorld(t)
	binary := proxytest.Build(t)
	for _, values := range []bool{true, false} {
		account, secret := accountIn(t, w.realm, fmt.Sprintf("values-%t", values)) // an account has one store
		w.cfg.Tenants[0].ServiceAccount, w.secret = account, secret
		cfg := w.files(t, w.realm.Server.URL)
		edit(t, cfg, "guard:", fmt.Sprintf("journal: {values: %t}\nguard:", values))
		p := proxytest.StartProgram(t, binary, cfg)
		c := warmClient(p, w)
		if out, code := proxytest.Run(t, binary, "journal", "acme", "--payloads", map[bool]string{true: "1m", false: "0s"}[values], "--config", cfg); code != 0 {
			t.Fatal(out)
		}
		name := fmt.Sprintf("file%t", values)
		made, err := c.send(t.Context(), "POST", "/Users", fmt.Sprintf(
			`{"schemas":[%q],"userName":%q,"password":"hunter2","name":{"givenName":"Needle","familyName":"F"},"emails":[{"value":"%[2]s@example.com","primary":true}],"active":true}`, scim.UserURN, name))
		if err != nil {
			t.Fatal(err)
		}
		path := "/Users/" + made.Resource.ID()
		if status := c.request(t, "r-"+name, "PATCH", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"name":{"givenName":"Needle2"},"PassWord":"hunter2"}}]}`); status != 200 {
			t.Errorf("PATCH: %d", status)
		}
		c.request(t, "bad-"+name, "PATCH", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"emails[type eq \"Needle3\"].value","value":"x"}]}`)
		if all := entries(t, binary, cfg, "--request", "r-"+name); len(all) != 1 || (all[0].Sent != "") != values || strings.Contains(all[0].Sent, "hunter2") {
			t.Errorf("values %t: %+v", values, all)
		}
		p.Stop(t)
		b, err := os.ReadFile(filepath.Join(filepath.Dir(cfg), "store.db"))
		if err != nil || len(b) == 0 {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("hunter2")) {
			t.Errorf("values %t: the file has a password", values)
		}
		if bytes.Contains(b, []byte("Needle")) != values {
			t.Errorf("values %t: a value is in the file: %t", values, !values)
		}
	}
}

// TestJournalFollow shows writes as they end, until Ctrl-C.
func TestJournalFollow(t *testing.T) {
	w := newWorld(t)
	binary, cfg := proxytest.Build(t), w.files(t, w.realm.Server.URL)
	p := proxytest.StartProgram(t, binary, cfg)
	c := warmClient(p, w)
	group(t, c, "first")
	follow := exec.Command(binary, "journal", "acme", "--config", cfg, "--follow")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = follow.Process.Kill() })
	lines := bufio.NewScanner(out)
	for _, want := range []string{"RESOURCE AND CHANGES", "Group first"} {
		if !lines.Scan() || !strings.Contains(lines.Text(), want) {
			t.Fatalf("%q, want %s", lines.Text(), want)
		}
	}
	group(t, c, "second")
	if !lines.Scan() || !strings.Contains(lines.Text(), "Group second") {
		t.Errorf("%q", lines.Text())
	}
	if err := follow.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := follow.Wait(); err != nil {
		t.Errorf("Ctrl-C: %v", err)
	}
	p.Stop(t)
}
