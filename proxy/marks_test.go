package proxy_test

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/tokens"
)

// A request with the headers of another provider than the tenant's idp causes one warning, also if
// it fails.
func TestMarksThatContradict(t *testing.T) {
	token, err := tokens.Mint(rand.Reader, "acme", "k1")
	if err != nil {
		t.Fatal(err)
	}
	sum := token.SHA256()
	for idp, want := range map[string]int{"okta": 1, "entra": 0, "generic": 1} {
		cfg := config.DropInOnly("http://127.0.0.1:1", t.TempDir()+"/store.db")
		tenant := config.DefaultTenant()
		tenant.Tenant, tenant.Realm, tenant.IDP = "acme", "r", idp
		tenant.Tokens = []config.Token{{ID: "k1", SHA256: hex.EncodeToString(sum[:])}}
		cfg.Tenants = []config.Tenant{tenant}
		core, logs := observer.New(zap.WarnLevel)
		p, err := proxy.New(cfg, zap.New(core))
		if err != nil {
			t.Fatal(err)
		}
		h := p.Handler()
		for range 3 {
			r := httptest.NewRequest(http.MethodGet, "/scim/v2/Users", nil)
			r.Header.Set("Authorization", "Bearer "+token.Reveal())
			r.Header.Set("Adscimversion", "Date:11/23/2026, ActivityId:1")
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		found := logs.Filter(func(e observer.LoggedEntry) bool { return e.ContextMap()["looksLike"] == "entra" })
		if found.Len() != want {
			t.Errorf("%s: %d warnings, want %d", idp, found.Len(), want)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
