package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// lastLine is the last line of what a command prints.
func lastLine(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return lines[len(lines)-1]
}

// becomes waits until a request gets a status.
func becomes(t *testing.T, name string, c client, want int) {
	t.Helper()
	status := 0
	for end := time.Now().Add(effect); status != want && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		_, err := c.send(t.Context(), "GET", "/Users?count=1", "")
		if status = 200; err != nil {
			status = scim.Status(err)
		}
	}
	if status != want {
		t.Fatalf("%s: %d, want %d", name, status, want)
	}
}

// A token that is made at run time is accepted by each proxy of a Redis within seconds, and refused
// within seconds when it is revoked, also while Redis is away. A backup has it, also in a store of
// the other kind.
func TestIssuedEverywhere(t *testing.T) {
	w, redis, binary := newWorld(t), redisserver.Start(t, redisserver.Options{}), proxytest.Build(t)
	name := w.cfg.Tenants[0].Tenant
	var files, urls []string
	for range 2 {
		file := w.files(t, w.realm.Server.URL)
		editFile(t, file, "embedded: {path: store.db}", `redis: {addresses: ["`+redis.Addr+`"]}`)
		files, urls = append(files, file), append(urls, proxytest.StartProgram(t, binary, file).URL+"/scim/v2")
	}
	command := func(file string, args ...string) string {
		t.Helper()
		out, code := proxytest.Run(t, binary, append(args, "--config", file)...)
		if code != 0 {
			t.Fatalf("%q: %d %s", args, code, out)
		}
		return out
	}
	issue := func(file string) (token, id string) {
		t.Helper()
		token = lastLine(command(file, "tenant", "token", name, "--in-store"))
		return token, strings.Split(token, "_")[2]
	}
	token, id := issue(files[0])
	kept, _ := issue(files[1])
	for _, url := range urls {
		becomes(t, "made", client{url, token}, 200)
		becomes(t, "made by another", client{url, kept}, 200)
		becomes(t, "of the file", client{url, w.tenantToken}, 200)
	}
	if out := command(files[1], "tenant", "show", name); !strings.Contains(out, "storedTokens:") || !strings.Contains(out, id) || strings.Contains(out, token) {
		t.Error(out)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	command(files[0], "store", "backup", backup)
	command(files[1], "tenant", "revoke", name, "--key", id)
	for _, url := range urls {
		becomes(t, "revoked", client{url, token}, 401)
		becomes(t, "the other one", client{url, kept}, 200)
	}
	for verb, want := range map[string]string{"token made": id, "token revoked": id} {
		if out := command(files[0], "journal", name, "--verb", verb); !strings.Contains(out, want) || !strings.Contains(out, "op ") {
			t.Errorf("%s: %s", verb, out)
		}
	}
	rotated := lastLine(command(files[0], "tenant", "rotate", name, "--in-store", "--overlap", "0s"))
	for _, url := range urls {
		becomes(t, "rotated", client{url, rotated}, 200)
		becomes(t, "its predecessor", client{url, kept}, 401)
	}
	redis.Stop()
	becomes(t, "the store is away, of the file", client{urls[0], w.tenantToken}, 200)
	becomes(t, "the store is away, revoked", client{urls[0], token}, 401)

	embedded := w.files(t, w.realm.Server.URL)
	command(embedded, "store", "restore", backup)
	c := client{proxytest.StartProgram(t, binary, embedded).URL + "/scim/v2", token}
	becomes(t, "restored, from before the revocation", c, 200)
	command(embedded, "tenant", "revoke", name, "--key", id)
	becomes(t, "revoked by the proxy that runs", c, 401)
	if err := os.Remove(filepath.Join(filepath.Dir(embedded), "tenants", "acme.yaml")); err != nil {
		t.Fatal(err)
	}
	becomes(t, "the tenant is gone", client{c.base, kept}, 401)
}
