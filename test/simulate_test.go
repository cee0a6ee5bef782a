package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/proxytest"
)

// The simulation of every provider succeeds against the proxy in every step.
func TestSimulate(t *testing.T) {
	w := newWorld(t)
	binary := proxytest.Build(t)
	tokens := t.TempDir()
	w.serveIDPs(t, tokens)
	for _, idp := range adapters.Names() {
		t.Run(idp, func(t *testing.T) {
			out, err := exec.Command(binary, "simulate", "--idp", idp, "--url", w.proxy, "--tenant", idp, "--token-file", filepath.Join(tokens, idp)).CombinedOutput()
			if err != nil || strings.Contains(string(out), "FAIL") || strings.Count(string(out), "\nok ") < 9 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	// Against Keycloak itself it fails.
	token := filepath.Join(tokens, "native")
	if err := os.WriteFile(token, []byte(w.dropInToken), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(binary, "simulate", "--idp", "entra", "--url", w.realm.Server.URL+"/realms/"+w.realm.Name+"/scim/v2", "--token-file", token).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "\nFAIL  churn") {
		t.Errorf("natively: %v\n%s", err, out)
	}
}

// serveIDPs serves a tenant for each provider, and writes its token into a file. Tenant and file
// have the name of the provider.
func (w *world) serveIDPs(t *testing.T, dir string) {
	t.Helper()
	first := w.cfg.Tenants[0]
	w.cfg.Tenants = []config.Tenant{first}
	for _, idp := range adapters.Names() {
		token, entry := proxytest.Mint(t, idp)
		tenant := first
		tenant.Tenant, tenant.IDP, tenant.Tokens = idp, idp, []config.Token{entry}
		w.cfg.Tenants = append(w.cfg.Tenants, tenant)
		if err := os.WriteFile(filepath.Join(dir, idp), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.cfg.Store = newStore(t)
	w.proxy = proxytest.Serve(t, w.cfg)
}
