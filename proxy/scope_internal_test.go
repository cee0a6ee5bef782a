package proxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
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
	all := map[string]spaces{"drop-in": p.realms.scope("r", "", false).spaces}
	for name, tenant := range p.tenants.all {
		all[name] = tenant.scope.spaces
	}
	for name, tenant := range p.tenants.all {
		way := p.realms.scope(tenant.scope.name, "", false)
		if same := way.realm == tenant.scope.realm; !same {
			t.Errorf("drop-in and %s have two profiles and two shares of bulk of one realm", name)
		}
		if same := way == tenant.scope; same != (tenant.scope.spaces == way.spaces) {
			t.Errorf("drop-in and %s have two scopes for the same records", name)
		}
	}
	for name, s := range all {
		for _, kind := range []store.Space{s.records, s.pending, s.keys} {
			if _, err := kind.Save(t.Context(), name, store.Record{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	shared := map[string]bool{"drop-in": true, "whole": true, "other": true}
	for name, s := range all {
		for _, kind := range []store.Space{s.records, s.pending, s.keys} {
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

// A realm's profile is requested once a minute, also by accounts that may not read it. Such an
// account uses the profile that another credential has read.
func TestProfileIsReadOncePerRealm(t *testing.T) {
	upstream, clock := newRecorder(t), time.Now()
	readable, settled := false, false
	upstream.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			_, _ = w.Write([]byte(`{"access_token":"t","expires_in":600}`))
		case readable && strings.HasSuffix(r.URL.Path, "/profile"):
			_, _ = w.Write([]byte(`{"attributes":[]}`))
		case readable && settled && strings.HasSuffix(r.URL.Path, "/r"):
			_, _ = w.Write([]byte(`{"registrationEmailAsUsername":true}`))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}
	now := func() time.Time { return clock }
	client := keycloak.NewClient(upstream.URL, http.DefaultTransport, time.Minute, 8)
	r := newRealms(client, nil, time.Minute, now)
	shared := &realm{name: "r", client: client, now: r.now, stock: profile.Stock()}
	account := keycloak.NewAccount(client, "r", "c", func() (string, error) { return "s", nil }, now)
	read := func(cred keycloak.Credential) (*profile.Profile, int) {
		upstream.take()
		p, err := shared.profile(t.Context(), cred)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, asked := range upstream.take() {
			if strings.HasSuffix(asked.URL.Path, "/profile") {
				n++
			}
		}
		return p, n
	}
	read(keycloak.Caller("x"))
	if _, n := read(account); n != 1 {
		t.Errorf("a refusal to a caller is taken for one to an account: read %d times", n)
	}
	if _, n := read(account); n != 0 {
		t.Errorf("an account that may not read the profile asks again: %d", n)
	}
	readable = true
	if partly, _ := read(keycloak.Caller("x")); shared.known == partly {
		t.Error("what a caller has read who may not read the realm's settings is shared")
	}
	settled = true
	known, n := read(keycloak.Caller("x"))
	if n != 1 {
		t.Errorf("a refusal to an account is taken for one to a caller: %d", n)
	}
	readable = false
	if p, n := read(account); n != 0 || p != known {
		t.Errorf("the profile that a caller has read is not shared: %d", n)
	}
	clock = clock.Add(profileAge)
	if p, n := read(account); n != 1 || p != known {
		t.Errorf("after a minute: read %d times, the known profile is kept: %v", n, p == known)
	}
	readable, settled = true, false
	clock = clock.Add(profileAge)
	if p, n := read(account); n != 1 || !p.Settled() || !p.Addressed() || shared.known != p {
		t.Errorf("an account that may not read the settings: read %d times, settled %t, addressed %t", n, p.Settled(), p.Addressed())
	}
}
