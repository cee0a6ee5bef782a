package proxy

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/tokens"
)

// served returns the handler of a proxy from serving.
func served(t *testing.T) (h http.Handler, upstream *recorder, minted map[string]string) {
	t.Helper()
	p, upstream, tokens := serving(t)
	return p.Handler(), upstream, tokens
}

// serving makes a proxy with drop-in and the tenants acme and globex, each with a valid token. Its
// upstream issues tokens to their accounts and refuses everything else.
func serving(t testing.TB) (p *Proxy, upstream *recorder, minted map[string]string) {
	t.Helper()
	upstream = newRecorder(t)
	account := "x." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"s"}`)) + ".x"
	upstream.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": account, "expires_in": 60})
			return
		}
		if strings.HasSuffix(r.URL.Path, "/ServiceProviderConfig") { // the account has a role
			return
		}
		w.WriteHeader(http.StatusForbidden)
	}
	cfg := config.DropInOnly(upstream.URL, filepath.Join(t.TempDir(), "store.db"))
	t.Setenv("ACCOUNT_SECRET", "s")
	minted = map[string]string{}
	for _, name := range []string{"acme", "globex"} {
		token, err := tokens.Mint(rand.Reader, name, "k1")
		if err != nil {
			t.Fatal(err)
		}
		sum := token.SHA256()
		tenant := config.DefaultTenant()
		tenant.Tenant, tenant.Realm, tenant.ServiceAccount.SecretEnv = name, name+"-realm", "ACCOUNT_SECRET"
		tenant.Tokens = []config.Token{{ID: "k1", SHA256: hex.EncodeToString(sum[:]), Expires: config.Date{Time: time.Now().Add(time.Hour)}}}
		cfg.Tenants = append(cfg.Tenants, tenant)
		minted[name] = token.Reveal()
	}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, upstream, minted
}

// enter requests a document that every authenticated caller gets.
func enter(h http.Handler, path string, authorization ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://proxy"+path+"/ServiceProviderConfig", nil)
	r.Header["Authorization"] = authorization
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A tenant in the path must be the token's own. A refusal does not tell the reason or which tenants
// exist, and costs no call to Keycloak.
func TestTenantInThePathIsTheTokensOwn(t *testing.T) {
	h, upstream, tokens := served(t)
	acme, globex := "Bearer "+tokens["acme"], "Bearer "+tokens["globex"]
	for _, row := range []struct{ path, authorization, base string }{
		{"/scim/v2", acme, "/scim/v2"},
		{"/scim/v2", globex, "/scim/v2"},
		{"/tenants/acme/scim/v2", acme, "/tenants/acme/scim/v2"},
		{"/tenants/%61cme/scim/v2", acme, "/tenants/acme/scim/v2"},
		{"/tenants/globex/scim/v2", globex, "/tenants/globex/scim/v2"},
	} {
		w := enter(h, row.path, row.authorization)
		if location := `"location":"http://proxy` + row.base + `/ServiceProviderConfig"`; w.Code != 200 || !strings.Contains(w.Body.String(), location) {
			t.Errorf("%s: %d %s", row.path, w.Code, w.Body)
		}
	}
	upstream.take()
	want := enter(h, "/scim/v2", "Bearer nonsense").Body.String()
	for _, row := range []struct{ path, authorization string }{
		{"/tenants/globex/scim/v2", acme},
		{"/tenants/acme/scim/v2", globex},
		{"/tenants/nobody/scim/v2", acme},
		{"/tenants/ACME/scim/v2", acme},
		{"/tenants/acme%20/scim/v2", acme},
		{"/tenants/acme%2Fx/scim/v2", acme},
		{"/tenants/acme/scim/v2", "Bearer nonsense"},
		{"/tenants/nobody/scim/v2", "Bearer nonsense"},
	} {
		w := enter(h, row.path, row.authorization)
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" || w.Body.String() != want {
			t.Errorf("%s: %d %s", row.path, w.Code, w.Body)
		}
	}
	if calls := upstream.targets(); calls != "" {
		t.Errorf("Keycloak was asked: %s", calls)
	}
}

// A request must have exactly one Authorization header, with one bearer token.
func TestOneAuthorizationHeader(t *testing.T) {
	h, _, tokens := served(t)
	acme, globex := tokens["acme"], tokens["globex"]
	for _, row := range []struct {
		headers []string
		status  int
	}{
		{[]string{"Bearer " + acme}, 200},
		{[]string{"bearer   " + acme + " "}, 200},
		{nil, 401},
		{[]string{""}, 401},
		{[]string{"Bearer"}, 401},
		{[]string{"Bearer "}, 401},
		{[]string{acme}, 401},
		{[]string{"Basic " + acme}, 401},
		{[]string{"Bearer " + acme, "Bearer " + acme}, 401},
		{[]string{"Bearer " + acme, "Bearer " + globex}, 401},
		{[]string{"Bearer " + acme, "Bearer nonsense"}, 401},
		{[]string{"Bearer nonsense", "Bearer " + acme}, 401},
		{[]string{"Bearer " + acme, "Basic x"}, 401},
		{[]string{"Bearer " + acme, ""}, 401},
		{[]string{"Bearer " + acme + ", Bearer " + acme}, 401},
	} {
		if w := enter(h, "/scim/v2", row.headers...); w.Code != row.status {
			t.Errorf("%q: %d, want %d", row.headers, w.Code, row.status)
		}
	}
}

// The name of a realm becomes part of Keycloak's URLs. A name that could change the path is refused
// with 404, for all callers.
func TestRealmNames(t *testing.T) {
	h, upstream, _ := served(t)
	for name, status := range map[string]int{
		"r": 401, "a-b_c": 401, "a%20b": 401, "%C3%9Cnal": 401, "a:b@c": 401, "...": 401, ".r": 401, strings.Repeat("x", 255): 401,
		".": 404, "..": 404, "%2E": 404, "%2e%2E": 404, "a%2Fb": 404, "..%2Fadmin": 404, "a%5Cb": 404, "a%3Fb": 404, "a%23b": 404, "a%25b": 404,
		"a%3Bb": 404, "a;b": 404, "a%00": 404, "a%0Ab": 404, "%1F": 404, strings.Repeat("x", 256): 404,
	} {
		if w := enter(h, "/realms/"+name+"/scim/v2"); w.Code != status {
			t.Errorf("%.20s: %d without a token, want %d", name, w.Code, status)
		}
		if w := enter(h, "/realms/"+name+"/scim/v2", "Bearer x"); w.Code != status {
			t.Errorf("%.20s: %d with a token that is none, want %d", name, w.Code, status)
		}
	}
	for _, r := range upstream.take() {
		if strings.Contains(r.RequestURI, "%2F") || strings.Contains(r.RequestURI, "..") && !strings.Contains(r.RequestURI, "...") {
			t.Errorf("Keycloak was asked %s", r.RequestURI)
		}
	}
}
