package test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/store/embedded"
)

// program is a running scim-proxy, as an operator starts it.
type program struct {
	url string
	cmd *exec.Cmd
}

// start runs the program until it is killed or the test ends.
func start(t *testing.T, binary, cfg string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(binary, "serve", "--config", cfg)}
	log, err := p.cmd.StderrPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	said, lines := "", bufio.NewScanner(log)
	for lines.Scan() {
		said += lines.Text() + "\n"
		if address := gjson.Get(lines.Text(), "address").String(); address != "" {
			go func() { _, _ = io.Copy(io.Discard, log) }() // or the program would wait for a reader of its log
			p.url = "http://" + address
			return p
		}
	}
	t.Fatalf("the program does not serve: %s", said)
	return nil
}

// kill is SIGKILL; it returns when the process is gone, and its lock on the store with it.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()
}

// build makes the binary, once for all its starts.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "scim-proxy")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/scim-proxy").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// files writes the world's configuration, with Keycloak at url and an embedded store.
func (w *world) files(t *testing.T, url string) string {
	t.Helper()
	dir, tenant := t.TempDir(), w.cfg.Tenants[0]
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.yaml": fmt.Sprintf("listen: 127.0.0.1:0\nadminListen: \"\"\nkeycloak: {url: %q}\nstore: {embedded: {path: store.db}}\ntenantsDir: tenants\n", url),
		"tenants/acme.yaml": fmt.Sprintf("tenant: %s\nrealm: %s\nserviceAccount: {clientID: %s, secretFile: %q}\ntokens: [{id: %s, sha256: %q}]\n",
			tenant.Tenant, tenant.Realm, tenant.ServiceAccount.ClientID, tenant.ServiceAccount.SecretFile, tenant.Tokens[0].ID, tenant.Tokens[0].SHA256),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config.yaml")
}

// TestProxyIsKilled ends the process at every upstream call of a change, and starts it again on the same store.
func TestProxyIsKilled(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	binary, cfg := build(t), w.files(t, f.URL)
	p := start(t, binary, cfg)
	restart := func() { p = start(t, binary, cfg) } // it outlives the subtest
	warm := func(t *testing.T) client {
		c := client{p.url + "/scim/v2", w.tenantToken}
		if _, err := c.send(t.Context(), "GET", "/Users?count=1", ""); err != nil { // a token, and the facts
			t.Fatal(err)
		}
		return c
	}
	n := 0
	for _, way := range []struct {
		name  string
		plot  plot
		steps int
	}{{"create", w.creations, 2}, {"membership", w.joinings(t), 4}} {
		for _, m := range []moment{before, after} {
			t.Run(way.name+"/"+m.String(), func(t *testing.T) {
				for step := 1; step < mostSteps; step++ {
					n++
					c := warm(t)
					i, g := way.plot(t, c, n), newGate(step)
					f.hold(g, m)
					held, err := g.during(func() error { return i.try(t.Context(), c) }, p.kill)
					f.heal()
					if !held {
						if step <= way.steps || err != nil {
							t.Errorf("ended before step %d: %v", step, err)
						}
						i.reached(t, c)
						return
					}
					if err == nil {
						t.Errorf("step %d: an answer of a process that is dead", step)
					}
					restart()
					c = warm(t)
					if err := i.retry(t.Context(), c); err != nil {
						t.Errorf("step %d: the retry: %v", step, err)
					}
					i.reached(t, c)
				}
				t.Error("the change has no end")
			})
		}
	}
	p.kill()
	w.keepsNoOrphans(t, filepath.Join(filepath.Dir(cfg), "store.db"))
}

// keepsNoOrphans: no pending create is left, and each record is that of a user or group.
func (w *world) keepsNoOrphans(t *testing.T, file string) {
	t.Helper()
	engine, err := embedded.Open(file, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = engine.Close() }()
	ids, err := engine.Open("realm."+w.realm.Name).Scan(t.Context(), "", 1000)
	if err != nil || len(ids) == 0 {
		t.Errorf("%d records, %v", len(ids), err)
	}
	for _, id := range ids {
		if w.realm.Admin("GET", "/users/"+id, "").Status != 200 && w.realm.Admin("GET", "/groups/"+id, "").Status != 200 {
			t.Errorf("the record %s is left", id)
		}
	}
}
