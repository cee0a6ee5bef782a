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

// A token that is revoked on one machine is refused by two proxies with files of their own and one
// Redis within 5 seconds, and stays so while Redis is away. A token of the same key that was made
// later is not concerned.
func TestRevokedEverywhere(t *testing.T) {
	w, redis, binary := newWorld(t), redisserver.Start(t, redisserver.Options{}), proxytest.Build(t)
	var files []string
	var clients []client
	for range 2 {
		file := w.files(t, w.realm.Server.URL)
		editFile(t, file, "embedded: {path: store.db}", `redis: {addresses: ["`+redis.Addr+`"]}`)
		files = append(files, file)
		clients = append(clients, client{proxytest.StartProgram(t, binary, file).URL + "/scim/v2", w.tenantToken})
	}
	become := func(name string, c client, want int) {
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
	for _, c := range clients {
		become("at first", c, 200)
	}
	name := w.cfg.Tenants[0].Tenant
	out, code := proxytest.Run(t, binary, "tenant", "revoke", name, "--all", "--config", files[0])
	if code != 0 || !strings.Contains(out, "within 5 seconds") {
		t.Fatalf("%d %s", code, out)
	}
	for _, c := range clients {
		become("revoked", c, 401)
	}
	fresh, code := proxytest.Run(t, binary, "tenant", "token", name, "--config", files[1], "--key", "fresh")
	if code != 0 {
		t.Fatal(fresh)
	}
	lines := strings.Split(strings.TrimSpace(fresh), "\n")
	second := client{clients[1].base, lines[len(lines)-1]}
	become("another token", second, 200)
	clients = append(clients, client{proxytest.StartProgram(t, binary, files[1]).URL + "/scim/v2", w.tenantToken})
	become("a proxy that starts later", clients[2], 401)

	redis.Stop()
	for _, c := range clients {
		become("the store is away", c, 401)
	}
	become("the store is away, the other token", second, 200) // a list without users needs no store
	before, err := os.ReadFile(filepath.Join(filepath.Dir(files[1]), "tenants", "acme.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	revoke := []string{"tenant", "revoke", name, "--key", "fresh", "--config", files[1]}
	if out, code := proxytest.Run(t, binary, revoke...); code != 1 || !strings.Contains(out, "nothing was changed") {
		t.Errorf("%d %s", code, out)
	}
	if after, err := os.ReadFile(filepath.Join(filepath.Dir(files[1]), "tenants", "acme.yaml")); err != nil || string(after) != string(before) {
		t.Errorf("%v the file was changed", err)
	}
	if out, code := proxytest.Run(t, binary, append(revoke, "--file-only")...); code != 0 || strings.Contains(out, "within 5 seconds") {
		t.Errorf("%d %s", code, out)
	}
	become("revoked by the file", second, 401)
}

// editFile replaces a text in a file.
func editFile(t *testing.T, file, old, by string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(b), old, by, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
