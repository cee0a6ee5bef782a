package test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/test/proxytest"
)

// files writes a configuration for the world, with Keycloak at url and an embedded store, and
// returns its path.
func (w *world) files(t testing.TB, url string) string {
	t.Helper()
	dir, tenant := t.TempDir(), w.cfg.Tenants[0]
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.yaml": fmt.Sprintf("listen: 127.0.0.1:0\nadminListen: \"\"\nkeycloak: {url: %q}\nstore: {embedded: {path: store.db}}\nlimits: {%s}\ntenantsDir: tenants\nguard: {off: true}\n", url, proxytest.UnlimitedText),
		"tenants/acme.yaml": fmt.Sprintf("tenant: %s\nrealm: %s\nserviceAccount: {clientID: %s, secretFile: %q}\ntokens: [{id: %s, sha256: %q}]\n",
			tenant.Tenant, tenant.Realm, tenant.ServiceAccount.ClientID, tenant.ServiceAccount.SecretFile, tenant.Tokens[0].ID, tenant.Tokens[0].SHA256),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config.yaml")
}

// TestProxyIsKilled kills the process at every upstream call of a change, and starts it again
// with the same store.
func TestProxyIsKilled(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	binary, cfg := proxytest.Build(t), w.files(t, f.URL)
	p := proxytest.StartProgram(t, binary, cfg)
	restart := func() { p = proxytest.StartProgram(t, binary, cfg) } // the process outlives the subtest
	warm := func(t *testing.T) client {
		c := client{p.URL + "/scim/v2", w.tenantToken}
		if _, err := c.send(t.Context(), "GET", "/Users?count=1", ""); err != nil { // the proxy gets its token and the realm's settings
			t.Fatal(err)
		}
		return c
	}
	n := 0
	for _, way := range []struct {
		name  string
		plan  newIntent
		steps int
	}{{"create", w.creations, 2}, {"membership", w.joinings(t), 4}} {
		for _, m := range []moment{before, after} {
			t.Run(way.name+"/"+m.String(), func(t *testing.T) {
				for step := 1; step < mostSteps; step++ {
					n++
					c := warm(t)
					i, g := way.plan(t, c, n), newGate(step)
					f.hold(g, m)
					held, err := g.during(func() error { return i.try(t.Context(), c) }, p.Kill)
					f.heal()
					if !held {
						if step <= way.steps || err != nil {
							t.Errorf("ended before step %d: %v", step, err)
						}
						i.reached(t, c)
						return
					}
					if err == nil {
						t.Errorf("step %d: the killed process answered", step)
					}
					restart()
					c = warm(t)
					if err := i.retry(t.Context(), c); err != nil {
						t.Errorf("step %d: the retry: %v", step, err)
					}
					i.reached(t, c)
				}
				t.Error("the change does not finish")
			})
		}
	}
	p.Kill()
	w.keepsNoOrphans(t, filepath.Join(filepath.Dir(cfg), "store.db"))
}

// keepsNoOrphans fails the test if a record in the store is not that of an existing user or group.
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
