package test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/test/proxytest"
)

// addresses gives the premises an admin listener, and returns its URL.
func (s *premises) addresses() string {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(s.config())
	if err = errors.Join(err, l.Close()); err != nil {
		s.t.Fatal(err)
	}
	s.write("config.yaml", strings.Replace(string(text), `adminListen: ""`, "adminListen: "+l.Addr().String(), 1))
	return "http://" + l.Addr().String()
}

// added adds a tenant and returns its token, and what the command printed.
func (s *premises) added(name string, args ...string) (token, out string) {
	s.t.Helper()
	out = s.tenant(0, append([]string{"add", name, "--output", "json", "--realm", s.Name}, args...)...)
	var added struct{ Token string }
	if err := json.NewDecoder(strings.NewReader(out[strings.Index(out, "{\n"):])).Decode(&added); err != nil || added.Token == "" {
		s.t.Fatalf("%v\n%s", err, out)
	}
	return added.Token, out
}

// held is an answer of the proxy.
type held struct {
	status     int
	retryAfter string
	body       string
}

func askFor(t *testing.T, method, url, token, body string) held {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/scim+json")
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return held{a.StatusCode, a.Header.Get("Retry-After"), string(b)}
}

func userBody(name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%[1]q,"active":true,"name":{"givenName":"A","familyName":"B"},"emails":[{"value":%[1]q,"type":"work","primary":true}]}`, name)
}

// unmap takes the mapping of an attribute out of the realm's user profile, and returns what puts it
// back.
func (s *premises) unmap(scimName string) (restore func()) {
	s.t.Helper()
	before := s.Admin("GET", "/users/profile", "").Body
	var doc map[string]any
	if err := json.Unmarshal(before, &doc); err != nil {
		s.t.Fatal(err)
	}
	all, _ := doc["attributes"].([]any)
	for _, a := range all {
		one, _ := a.(map[string]any)
		if notes, ok := one["annotations"].(map[string]any); ok && strings.HasSuffix(fmt.Sprint(notes["kc.scim.schema.attribute"]), scimName) {
			one["annotations"] = map[string]any{"was": scimName}
		}
	}
	after, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	if a := s.Admin("PUT", "/users/profile", string(after)); a.Status != 200 {
		s.t.Fatal(a.Status, string(a.Body))
	}
	return func() {
		if a := s.Admin("PUT", "/users/profile", string(before)); a.Status != 200 {
			s.t.Fatal(a.Status, string(a.Body))
		}
	}
}

// A staged tenant answers reads, and its provider is held, until a canary is green. A required
// attribute that loses its mapping makes the next canary red, shows in readiness and metrics, and
// stops writes or not, as configured.
func TestStagedTenant(t *testing.T) {
	s := newPremises(t)
	admin := s.addresses()
	token, _ := s.added("acme", "--group", "acme", "--idp", "entra", "--pool", "1", "--map", "title,department", "--require", "title,department,phoneNumbers")
	p := proxytest.StartProgram(t, s.binary, s.config())
	users := p.URL + "/tenants/acme/scim/v2/Users"
	wants := func(what string, got held, status int, retry string, texts ...string) {
		t.Helper()
		if got.status != status || got.retryAfter != retry {
			t.Errorf("%s: %d Retry-After %q, want %d %q: %s", what, got.status, got.retryAfter, status, retry, got.body)
		}
		for _, text := range texts {
			if !strings.Contains(got.body, text) {
				t.Errorf("%s: no %q in %s", what, text, got.body)
			}
		}
	}
	ready := func(status int, texts ...string) {
		t.Helper()
		wants("readyz", askFor(t, "GET", admin+"/readyz?tenant=acme", "", ""), status, "", texts...)
	}

	wants("read", askFor(t, "GET", users+"?count=1", token, ""), 200, "")
	wants("write", askFor(t, "POST", users, token, userBody("ada@acme.example")), 429, "300", "scim-proxy tenant canary acme")
	wants("a name like that of a canary", askFor(t, "POST", users, token, userBody("scim-canary-x@canary.invalid")), 429, "300")
	wants("bulk", askFor(t, "POST", p.URL+"/tenants/acme/scim/v2/Bulk", token,
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"a","data":`+userBody("ada@acme.example")+`}]}`), 200, "", `"status":"429"`)
	wants("readyz", askFor(t, "GET", admin+"/readyz", "", ""), 200, "", "tenant acme is staged", "1 of 1 tenants work")
	wants("metrics", askFor(t, "GET", admin+"/metrics", "", ""), 200, "", `scim_tenant_live{realm="`+s.Name+`",tenant="acme"} 0`)

	out := s.tenant(0, "canary", "acme")
	t.Log(out)
	for _, want := range []string{"department  required  lives in Keycloak", "title                                                                  required  lives in Keycloak", "green: the tenant acme is live since"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %q", want)
		}
	}
	wants("live", askFor(t, "POST", users, token, userBody("ada@acme.example")), 201, "")
	if left := s.Admin("GET", "/users?search=scim-canary", ""); string(left.Body) != "[]" {
		t.Errorf("left: %s", left.Body)
	}
	wants("metrics", askFor(t, "GET", admin+"/metrics", "", ""), 200, "", `scim_tenant_live{realm="`+s.Name+`",tenant="acme"} 1`)

	restore := s.unmap("department")
	if out := s.tenant(1, "canary", "acme"); !strings.Contains(out, "was verified to live in Keycloak and lives in the store now") || !strings.Contains(out, "red") {
		t.Error(out)
	}
	eventually(t, 6*effect, func() bool { // a tenant is not diagnosed more often than every 10 seconds
		wants("alarm still reads", askFor(t, "GET", users+"?count=1", token, ""), 200, "")
		return askFor(t, "GET", admin+"/readyz?tenant=acme", "", "").status == 503
	})
	ready(503, "attributes: ")
	wants("metrics", askFor(t, "GET", admin+"/metrics", "", ""), 200, "", `scim_tenant_fault{cause="attributes"`, `scim_tenant_required_attribute_moved{attribute="urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"`)
	wants("alarm goes on", askFor(t, "POST", users, token, userBody("bea@acme.example")), 201, "")

	file := filepath.Join("tenants.d", "acme.yaml")
	text, err := os.ReadFile(filepath.Join(s.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	s.write(file, string(text)+"\nonLostAttributes: stop\n")
	eventually(t, effect, func() bool { return askFor(t, "POST", users, token, userBody("cid@acme.example")).status == 429 })
	wants("stop", askFor(t, "POST", users, token, userBody("cid@acme.example")), 429, "300", "scim-proxy tenant canary acme --accept")
	wants("stop still reads", askFor(t, "GET", users+"?count=1", token, ""), 200, "")

	restore()
	s.tenant(0, "canary", "acme")
	wants("mended", askFor(t, "POST", users, token, userBody("dan@acme.example")), 201, "")

	s.tenant(0, "canary", "acme", "--withdraw")
	wants("withdrawn", askFor(t, "POST", users, token, userBody("eve@acme.example")), 429, "300")

	// Another tenant goes live with one command.
	begun := time.Now()
	other, out := s.added("globex", "--group", "globex", "--idp", "okta", "--pool", "1", "--require", "externalId", "--live")
	t.Logf("%v\n%s", time.Since(begun), out)
	wants("live at once", askFor(t, "POST", p.URL+"/tenants/globex/scim/v2/Users", other, userBody("ada@globex.example")), 201, "")
}

// eventually waits until a condition is true.
func eventually(t *testing.T, most time.Duration, is func() bool) {
	t.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not become so")
		}
	}
}

// The canary of every provider is green, with attributes of every kind, and so is one of an
// attribute that lives in both places. An attribute that the realm refuses is red, and leaves
// nothing.
func TestCanaryOfEveryProvider(t *testing.T) {
	s := newPremises(t)
	admin := s.addresses()
	a, _ := accountIn(t, s.Realm, "scim")
	for _, idp := range adapters.Names() {
		_, entry := proxytest.Mint(t, idp)
		s.write("tenants.d/"+idp+".yaml", fmt.Sprintf(`tenant: %s
realm: %s
sharedRealm: true
idp: %s
state: staged
requiredAttributes: [externalId, title, department, manager, phoneNumbers, addresses, name, locale, timezone, userType, photos, entitlements, roles, badge, level, floors, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
extensions: [{urn: "urn:example:params:scim:schemas:extension:acme:2.0:User", attributes: [{name: badge}, {name: level, type: integer}, {name: floors, type: integer, multiValued: true}]}]
serviceAccount: {clientID: scim, secretFile: %q}
tokens: [{id: k1, sha256: %q}]
`, idp, s.Name, idp, a.SecretFile, entry.SHA256))
	}
	proxytest.StartProgram(t, s.binary, s.config())
	canary := func(idp, body string) (r canary.Report) {
		t.Helper()
		got := askFor(t, "POST", admin+"/tenants/"+idp+"/canary", "", body)
		if err := json.Unmarshal([]byte(got.body), &r); err != nil {
			t.Fatal(got, err)
		}
		return r
	}
	for _, idp := range adapters.Names() {
		t.Run(idp, func(t *testing.T) {
			if r := canary(idp, `{"by":"test"}`); !r.Green || !r.Live {
				t.Error(r.Text())
			}
		})
	}
	if r := canary("generic", `{"by":"test","values":{"name.familyName":"<b>"}}`); r.Green || !strings.Contains(r.Text(), "FAIL  create") {
		t.Error(r.Text())
	}
	if left := s.Admin("GET", "/users?search=scim-canary", ""); string(left.Body) != "[]" {
		t.Errorf("left: %s", left.Body)
	}
}
