package proxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/store"
)

// All ways into a whole realm share their records. A tenant that is confined to a group has its
// own.
func TestScopes(t *testing.T) {
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(t.TempDir(), "store.db"))
	for name, place := range map[string][2]string{"whole": {"r", ""}, "other": {"r", ""}, "acme": {"r", "acme"}, "globex": {"r", "globex"}, "elsewhere": {"r2", "acme"}} {
		tenant := config.DefaultTenant()
		tenant.Tenant, tenant.Realm, tenant.Group = name, place[0], place[1]
		cfg.Tenants = append(cfg.Tenants, tenant)
	}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	all := map[string]scopes.Spaces{"drop-in": p.realms.Scope("r", "", false).Spaces}
	for _, tenant := range p.tenants.each() {
		name := tenant.name
		all[name] = tenant.scope.Spaces
	}
	for _, tenant := range p.tenants.each() {
		name := tenant.name
		way := p.realms.Scope(tenant.scope.Name, "", false)
		if same := way.Realm == tenant.scope.Realm; !same {
			t.Errorf("drop-in and %s have two profiles and two shares of bulk of one realm", name)
		}
		if same := way == tenant.scope; same != (tenant.scope.Spaces == way.Spaces) {
			t.Errorf("drop-in and %s have two scopes for the same records", name)
		}
	}
	for name, s := range all {
		for _, kind := range []store.Space{s.Records, s.Pending, s.Keys} {
			if _, err := kind.Save(t.Context(), name, store.Record{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	shared := map[string]bool{"drop-in": true, "whole": true, "other": true}
	for name, s := range all {
		for _, kind := range []store.Space{s.Records, s.Pending, s.Keys} {
			ids, err := kind.Scan(t.Context(), "", 10)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 3, false: 1}[shared[name]]; len(ids) != want {
				t.Errorf("%s sees the records of %v", name, ids)
			}
		}
	}
}

// The session depends only on configuration and token, so that a policy can act before the first
// call to Keycloak. /Schemas and /ResourceTypes show what the realm requires, so they read the user
// profile.
func TestNoCallBeforeTheFirstCallOfASession(t *testing.T) {
	h, upstream, tokens := served(t)
	for target, status := range map[string]int{
		"GET /ServiceProviderConfig": 200, "GET /nothing": 404, "DELETE /Users": 405,
		"GET /Users?filter=x": 400, "GET /Users?count=x": 400, "POST /Users": 400, "PUT /Users/1": 400, "PATCH /Groups/1": 400,
	} {
		method, path, _ := strings.Cut(target, " ")
		r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(`{"active":"perhaps"}`))
		r.Header.Set("Authorization", "Bearer "+tokens["acme"])
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
		if calls := upstream.targets(); calls != "" {
			t.Errorf("%s: Keycloak was asked: %s", target, calls)
		}
	}
}

// Schemas show what the realm's user profile requires, and are answered without that if Keycloak
// does not answer.
func TestSchemasSayWhatTheRealmRequires(t *testing.T) {
	h, upstream, tokens := served(t)
	play := upstream.answer
	const department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for _, row := range []struct {
		name, profile string
		required      string
	}{
		{"no answer", "", "name false givenName false emails false department false extension false"},
		{"required", `{"attributes":[{"name":"firstName","required":{}},{"name":"email","required":{"roles":["user"]}},
			{"name":"dept","required":{"roles":["admin","user"]},"permissions":{"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"` + department + `:department"}}]}`,
			"name true givenName true emails true department true extension true"},
	} {
		upstream.answer = func(w http.ResponseWriter, r *http.Request) {
			switch {
			case !strings.HasSuffix(r.URL.Path, "/users/profile"):
				play(w, r)
			case row.profile == "":
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				_, _ = w.Write([]byte(row.profile))
			}
		}
		get := func(path string) gjson.Result {
			r := httptest.NewRequest(http.MethodGet, "/scim/v2"+path, nil)
			r.Header.Set("Authorization", "Bearer "+tokens["acme"])
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %s: %d %s", row.name, path, w.Code, w.Body)
			}
			return gjson.ParseBytes(w.Body.Bytes())
		}
		user, enterprise := get("/Schemas/"+scim.UserURN), get("/Schemas/"+department)
		extension := get("/ResourceTypes/User").Get(`schemaExtensions.#(schema=="` + department + `").required`)
		got := fmt.Sprintf("name %s givenName %s emails %s department %s extension %s",
			user.Get(`attributes.#(name=="name").required`), user.Get(`attributes.#(name=="name").subAttributes.#(name=="givenName").required`),
			user.Get(`attributes.#(name=="emails").required`), enterprise.Get(`attributes.#(name=="department").required`), extension)
		if got != row.required {
			t.Errorf("%s: %s, want %s", row.name, got, row.required)
		}
	}
}
