package test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// premises is a directory with a configuration, and the program.
type premises struct {
	*kctest.Realm
	t                     *testing.T
	binary, dir, password string
}

func newPremises(t *testing.T) *premises {
	t.Helper()
	s := &premises{Realm: kctest.NewRealm(t), t: t, binary: proxytest.Build(t), dir: t.TempDir()}
	s.password = filepath.Join(s.dir, "password")
	s.write("password", s.Server.AdminPassword)
	s.write("config.yaml", "listen: 127.0.0.1:0\nadminListen: \"\"\nkeycloak: {url: "+s.Server.URL+"}\nstore: {embedded: {path: store.db}}\ntenantsDir: tenants.d\n")
	if err := os.Mkdir(filepath.Join(s.dir, "tenants.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *premises) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *premises) read(name string) string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// replace replaces a text in a file, which must have it.
func (s *premises) replace(name, old, by string) {
	s.t.Helper()
	text := s.read(name)
	if !strings.Contains(text, old) {
		s.t.Fatalf("%s does not have %q: %s", name, old, text)
	}
	s.write(name, strings.Replace(text, old, by, 1))
}

func (s *premises) config() string { return filepath.Join(s.dir, "config.yaml") }

// tenant runs a command of `scim-proxy tenant` with the administrator's credentials.
func (s *premises) tenant(want int, args ...string) string {
	s.t.Helper()
	args = append(append([]string{"tenant"}, args...), "--config", s.config())
	if slices.Contains([]string{"add", "plan", "verify", "adopt", "groups", "remove"}, args[1]) {
		args = append(args, "--admin-user", s.Server.AdminUser, "--admin-password-file", s.password)
	}
	out, code := proxytest.Run(s.t, s.binary, args...)
	if code != want {
		s.t.Fatalf("%s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// One command brings a tenant from nothing to provisioning, a plan is empty afterwards, and
// removing leaves the users.
func TestTenantFromNothing(t *testing.T) {
	s := newPremises(t)
	s.Admin("PUT", "", `{"scimApiEnabled":false,"editUsernameAllowed":false}`)
	asked := []string{"acme", "--realm", s.Name, "--group", "acme", "--idp", "entra", "--pool", "3", "--map", "title,externalId"}
	if plan := s.tenant(0, append([]string{"plan"}, asked...)...); !strings.Contains(plan, "+ client scim-acme") {
		t.Error(plan)
	}
	out := s.tenant(0, append([]string{"add", "--output", "json"}, asked...)...)
	var added struct{ Token, BaseURL, SecretFile string }
	if err := json.NewDecoder(strings.NewReader(out[strings.Index(out, "{\n"):])).Decode(&added); err != nil || added.Token == "" {
		t.Fatalf("%v\n%s", err, out)
	}
	if info, err := os.Stat(added.SecretFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if plan := s.tenant(0, "plan", "acme"); !strings.Contains(plan, "nothing would change") {
		t.Error(plan)
	}
	if again := s.tenant(0, "add", "acme"); strings.Contains(again, added.Token) || !strings.Contains(again, "token     as before") {
		t.Error(again)
	}

	p := proxytest.StartProgram(t, s.binary, s.config())
	c := client{p.URL + "/tenants/acme/scim/v2", added.Token}
	user := c.create(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","externalId":"7","title":"Countess","active":true,"name":{"givenName":"A","familyName":"L"},"emails":[{"value":"ada@example.com","type":"work"}]}`)
	c.create(t, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engineering","members":[{"value":"`+user+`"}]}`)
	if groups := s.tenant(0, "groups", "acme"); !strings.Contains(groups, "free groups: 2") || !strings.Contains(groups, "Engineering") {
		t.Error(groups)
	}
	if groups := s.tenant(0, "groups", "acme", "--pool", "4"); !strings.Contains(groups, "free groups: 4") {
		t.Error(groups)
	}
	if check := s.tenant(0, "check"); strings.Contains(check, "FAILED") {
		t.Error(check)
	}

	resident := s.NewUser("resident")
	if out := s.tenant(0, "adopt", "acme", "--search", "resident"); !strings.Contains(out, "1 would join") {
		t.Error(out)
	}
	s.tenant(0, "adopt", "acme", "--search", "resident", "--yes")
	if a, err := c.send(t.Context(), http.MethodGet, "/Users/"+resident, ""); err != nil || a.Resource.ID() != resident {
		t.Errorf("an adopted user: %v", err)
	}
	if out := s.tenant(0, "verify", "acme"); !strings.Contains(out, "confined by Keycloak") {
		t.Error(out)
	}
	s.MapAdmin(s.Made(s.Admin("POST", "/groups", `{"name":"admins"}`)))
	if out := s.tenant(1, "verify", "acme"); !strings.Contains(out, "/admins") {
		t.Error(out)
	}

	s.tenant(2, "remove", "acme") // asks
	s.tenant(0, "remove", "acme", "--yes")
	if a := s.Admin("GET", "/clients?clientId=scim-acme", ""); string(a.Body) != "[]" {
		t.Errorf("%s", a.Body)
	}
	if a := s.Admin("GET", "/users/"+user, ""); a.Status != http.StatusOK {
		t.Error(a.Status)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, "tenants.d", "[^.]*")); err != nil || left != nil {
		t.Error(left, err)
	}
}

// Adding a tenant of the whole realm warns of what its account can do.
func TestRealmTenantFromNothing(t *testing.T) {
	s := newPremises(t)
	s.MapAdmin(s.Made(s.Admin("POST", "/groups", `{"name":"admins"}`)))
	out := s.tenant(0, "add", "workforce", "--realm", s.Name, "--idp", "okta")
	if !strings.Contains(out, "warning: realm") || !strings.Contains(out, "CVE-2026-94000") {
		t.Error(out)
	}
	if out := s.tenant(2, "add", "second", "--realm", s.Name); !strings.Contains(out, "sharedRealm") {
		t.Error(out)
	}
	if a := s.Admin("GET", "/clients?clientId=scim-second", ""); string(a.Body) != "[]" {
		t.Errorf("refused after a change: %s", a.Body)
	}
	s.tenant(1, "add", "acme", "--realm", s.Name, "--group", "acme")
	s.tenant(2, "add", "workforce", "--realm", "other")
	s.tenant(2, "add", "nobody")
}

// The account may sign with a key of its own, which stays the same when the command is repeated.
func TestTenantWithAKey(t *testing.T) {
	s := newPremises(t)
	s.tenant(0, "add", "acme", "--realm", s.Name, "--group", "acme", "--pool", "1", "--client-key")
	key, err := os.ReadFile(filepath.Join(s.dir, "tenants.d", "acme.key"))
	if err != nil || !strings.Contains(string(key), "PRIVATE KEY") {
		t.Fatal(err)
	}
	s.tenant(0, "add", "acme")
	if again, err := os.ReadFile(filepath.Join(s.dir, "tenants.d", "acme.key")); err != nil || string(again) != string(key) {
		t.Error("another key", err)
	}
	if plan := s.tenant(0, "plan", "acme"); !strings.Contains(plan, "nothing would change") {
		t.Error(plan)
	}
	if err := os.Remove(filepath.Join(s.dir, "tenants.d", "acme.key")); err != nil {
		t.Fatal(err)
	}
	s.tenant(0, "add", "acme") // another key
	s.tenant(0, "remove", "acme", "--yes")
}

// create sends a POST, and returns the id of the new resource.
func (c client) create(t *testing.T, path, body string) string {
	t.Helper()
	a, err := c.send(t.Context(), http.MethodPost, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return a.Resource.ID()
}
