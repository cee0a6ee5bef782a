package proxy

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/canary"
)

// A staged tenant's writes are held before Keycloak hears of them, whoever sends them; a canary of
// the proxy itself passes. Readiness and metrics show the state.
func TestStagedTenant(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	f.write("acme", "state: staged\n")
	f.reload()
	h := f.Handler()
	post := func(tenant, name, agent string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "http://proxy/scim/v2/Users", strings.NewReader(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+name+`"}`))
		r.Header.Set("Authorization", "Bearer "+f.tokens[tenant])
		r.Header.Set("Content-Type", "application/scim+json")
		r.Header.Set("User-Agent", agent)
		r.RemoteAddr = "canary"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, name := range []string{"ada", "scim-canary-abc@canary.invalid"} {
		w := post("acme", name, "canary")
		if w.Code != 429 || w.Header().Get("Retry-After") != "300" || !strings.Contains(w.Body.String(), "scim-proxy tenant canary acme") {
			t.Errorf("%s: %d %v %s", name, w.Code, w.Header(), w.Body)
		}
	}
	if w := post("globex", "ada", ""); w.Code == 429 {
		t.Error(w.Body)
	}
	if got := f.status(h, "acme"); got != 200 {
		t.Errorf("a read: %d", got)
	}
	if got := f.ready(); !strings.Contains(got, "tenant acme is staged") || strings.Contains(got, "tenant globex is staged") {
		t.Error(got)
	}
	for _, want := range []string{`scim_tenant_live{realm="acme-realm",tenant="acme"} 0`, `scim_tenant_live{realm="globex-realm",tenant="globex"} 1`} {
		if !strings.Contains(f.metrics(), want) {
			t.Errorf("no %s", want)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/tenants/acme/canary", strings.NewReader(`{"by":"test"}`))
	w := httptest.NewRecorder()
	f.adminHandler().ServeHTTP(w, r)
	var report canary.Report
	if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil || report.Green || strings.Contains(w.Body.String(), "with 429") {
		t.Errorf("%v %s", err, w.Body)
	}
	w = httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/tenants/acme/canary", strings.NewReader("{}"))); w.Code != 404 {
		t.Errorf("the public listener: %d", w.Code)
	}
}
