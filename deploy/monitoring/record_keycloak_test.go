package monitoring_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/deploy/internal/keycloak"
	"keycloak-scim-proxy/deploy/internal/program"
)

func TestMain(m *testing.M) { program.Main(m) }

var recording = flag.Bool("record", false, "write testdata/metrics-*.txt: the metrics of the program on a real Keycloak, before and after requests")

type object = map[string]any

// Records the metrics of the real program with tenants in every state: one that works and has
// requests, one with an old token and a low rate, one that is staged, and one that does not work.
func TestRecord(t *testing.T) {
	if !*recording {
		t.Skip("-record writes the sample")
	}
	s := newSite(t, keycloak.Given(t))
	s.kc.Do(t, "POST", "/admin/realms", object{"realm": s.realm, "enabled": true}, http.StatusCreated)
	defer s.kc.Do(t, "DELETE", "/admin/realms/"+s.realm, nil, http.StatusNoContent)
	acme := s.add("acme", "--idp", "entra", "--pool", "5", "--map", "department", "--require", "department")
	globex := s.add("globex", "--idp", "okta", "--pool", "2", "--expires", "90d")
	s.add("later", "--pool", "1", "--require", "title")
	s.write("tenants.d/broken.yaml", "tenant: broken\nrealm: missing\nserviceAccount: {clientID: a, secretFile: acme.secret}\ntokens: []\n")
	s.write("tenants.d/globex.yaml", s.read("tenants.d/globex.yaml")+"rate: {requestsPerSecond: 1, burst: 2, concurrency: 2}\n")
	s.write("tenants.d/acme.yaml", s.read("tenants.d/acme.yaml")+"guard: {users: {count: 0, percent: 0}, urgent: [ada-1@example.com, ada-2@example.com, ada-3@example.com]}\n")
	s.broken = strings.TrimSpace(s.run("tenant", "token", "broken"))
	old := strings.TrimSpace(s.run("tenant", "token", "globex", "--key", "old", "--expires", "30d"))
	before, of, _ := strings.Cut(s.read("tenants.d/globex.yaml"), "id: old")
	of = regexp.MustCompile(`(created|expires): \S+?([,}\s])`).ReplaceAllString(of, "${1}: 2026-01-01T00:00:00Z${2}")
	s.write("tenants.d/globex.yaml", before+"id: old"+strings.Replace(of, "2026-01-01", "2025-01-01", 1))

	p := program.Serve(t, s.dir+"/config.yaml")
	s.run("tenant", "canary", "acme")
	p.End(t)
	s.unmap("department")
	program.Serve(t, s.dir+"/config.yaml")
	s.until(`scim_tenant_works{realm="saas",tenant="later"}`, `scim_tenant_fault{cause="realm"`, "scim_tenant_required_attribute_moved{")
	s.requests(acme, globex, old)
	s.shared()
	s.requests(acme, globex, old)
	s.until(`scim_guard_holding{realm="saas",tenant="acme"} 1`)
	s.write(sample(1), s.metrics()+drifted)
	s.requests(acme, globex, old)
	s.write(sample(2), s.metrics()+drifted)
}

// drifted is the metric of drift.every, which is an hour at least.
const drifted = "# HELP scim_drift_users Users that were changed in Keycloak beside the proxy, as the last walk has found them.\n" +
	"# TYPE scim_drift_users gauge\nscim_drift_users{tenant=\"acme\"} 2\n"

// sample is a file with the text of /metrics.
func sample(n int) string {
	wd, _ := os.Getwd()
	return filepath.Join(wd, "testdata", fmt.Sprintf("metrics-%d.txt", n))
}

// site is a realm, and a directory with the configuration of a proxy.
type site struct {
	t          *testing.T
	kc         *keycloak.Server
	realm, dir string
	url, admin string
	users      int
	leaver     string // a user whose deactivation the guard holds
	broken     string // the token of a tenant that does not work
}

// receivers are one that is away, and one that polls.
var receivers = "events:\n  keyFiles: [set.key]\n  receivers:\n" +
	"    - {name: siem, allTenants: true, webhook: {url: \"http://127.0.0.1:9/\", secretFile: hook.secret}}\n" +
	"    - {name: crm, tenants: [acme], poll: {audience: crm, tokenSHA256: [\"" + strings.Repeat("0", 64) + "\"]}}\n"

// setKey is a new key of security event tokens.
func setKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func newSite(t *testing.T, kc *keycloak.Server) *site {
	s := &site{t: t, kc: kc, realm: fmt.Sprintf("record-%d", os.Getpid()), dir: t.TempDir()}
	port, admin := program.FreePort(t), program.FreePort(t)
	s.url, s.admin = fmt.Sprintf("http://127.0.0.1:%d", port), fmt.Sprintf("http://127.0.0.1:%d", admin)
	s.write("tenants.d/.keep", "")
	s.write("set.key", setKey(t))
	s.write("hook.secret", strings.Repeat("s", 32))
	s.write("config.yaml", fmt.Sprintf("listen: 127.0.0.1:%d\nadminListen: 127.0.0.1:%d\npublicURL: https://scim.example.com\nkeycloak: {url: %q}\ndropIn: {enabled: true, passthrough: {}}\ntenantsDir: tenants.d\nstore: {embedded: {path: store.db}}\n"+receivers, port, admin, s.kc.URL))
	return s
}

func (s *site) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(s.dir, file)
}

func (s *site) write(file, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(file)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(file), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) read(file string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(file))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// run runs a command of the program, and returns what it prints.
func (s *site) run(args ...string) string {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), program.Path(s.t), append(args, "--config", s.path("config.yaml"))...)
	c.Env = append(os.Environ(), "KEYCLOAK_ADMIN_PASSWORD="+s.kc.Password)
	out, err := c.Output()
	if err != nil {
		s.t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return string(out)
}

// add adds a tenant of a group, and returns its token.
func (s *site) add(name string, args ...string) string {
	s.t.Helper()
	out := s.run(append([]string{"tenant", "add", name, "--realm", s.realm, "--group", name, "--admin-user", s.kc.User, "--output", "json"}, args...)...)
	var added struct{ Token string }
	if err := json.Unmarshal([]byte(out), &added); err != nil {
		s.t.Fatal(err)
	}
	return added.Token
}

// unmap takes the mapping of an attribute out of the realm's user profile.
func (s *site) unmap(attribute string) {
	s.t.Helper()
	var profile struct {
		Attributes []object `json:"attributes"`
		Groups     any      `json:"groups"`
	}
	if err := json.Unmarshal([]byte(s.kc.Do(s.t, "GET", "/admin/realms/"+s.realm+"/users/profile", nil, 200)), &profile); err != nil {
		s.t.Fatal(err)
	}
	for _, a := range profile.Attributes {
		if notes, ok := a["annotations"].(object); ok && strings.HasSuffix(fmt.Sprint(notes["kc.scim.schema.attribute"]), attribute) {
			a["annotations"] = object{"was": attribute}
		}
	}
	s.kc.Do(s.t, "PUT", "/admin/realms/"+s.realm+"/users/profile", profile, 200)
}

// shared puts the users of acme into the group of globex too.
func (s *site) shared() {
	s.t.Helper()
	var groups, users []struct{ ID string }
	for path, to := range map[string]any{"/groups?search=globex&exact=true": &groups, "/users?search=ada-": &users} {
		if err := json.Unmarshal([]byte(s.kc.Do(s.t, "GET", "/admin/realms/"+s.realm+path, nil, 200)), to); err != nil {
			s.t.Fatal(err)
		}
	}
	s.kc.Do(s.t, "PUT", "/admin/realms/"+s.realm+"/users/"+users[0].ID+"/groups/"+groups[0].ID, nil, http.StatusNoContent)
}

// create creates a user, and returns its id.
func (s *site) create(base, token, name string) string {
	s.t.Helper()
	status, answer := keycloak.Ask(s.t, "POST", base+"/Users", token, object{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name, "title": "Countess",
		"name": object{"givenName": "Ada", "familyName": "Lovelace"}, "emails": []any{object{"value": name, "type": "work", "primary": true}},
	})
	var user struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &user); err != nil || status != http.StatusCreated {
		s.t.Fatal(status, answer, err)
	}
	return user.ID
}

// requests sends what an identity provider sends, and requests that are refused.
func (s *site) requests(acme, globex, old string) {
	s.t.Helper()
	s.users++
	name := fmt.Sprintf("ada-%d@example.com", s.users)
	base := s.url + "/tenants/acme/scim/v2"
	user := s.create(base, acme, name)
	if s.leaver == "" {
		s.leaver = s.create(base, acme, "leaver@example.com")
	}
	patch := object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []any{object{"op": "Replace", "path": "active", "value": "False"}}}
	bulk := object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:BulkRequest"}, "Operations": []any{object{"method": "PATCH", "path": "/Users/" + user, "data": patch}}}
	for _, r := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/Users/" + user, nil},
		{"GET", "/Users?filter=userName+eq+%22" + name + "%22", nil},
		{"GET", "/Users?filter=userName+eq+%22none%22", nil},
		{"GET", "/Users?filter=title+eq+%22Countess%22", nil},
		{"GET", "/Users", nil},
		{"GET", "/Groups", nil},
		{"GET", "/ServiceProviderConfig", nil},
		{"PATCH", "/Users/" + user, patch},
		{"POST", "/Bulk", bulk},
	} {
		if status, answer := keycloak.Ask(s.t, r.method, base+r.path, acme, r.body); status/100 != 2 {
			s.t.Fatal(r, status, answer)
		}
	}
	if status, answer := keycloak.Ask(s.t, "PATCH", base+"/Users/"+s.leaver, acme, patch); status != http.StatusTooManyRequests {
		s.t.Fatal(status, answer)
	}
	for range 5 {
		keycloak.Ask(s.t, "GET", s.url+"/tenants/globex/scim/v2/ServiceProviderConfig", globex, nil)
	}
	for path, token := range map[string]string{
		"/tenants/globex/scim/v2/Users": old, "/tenants/broken/scim/v2/Users": s.broken, "/tenants/acme/scim/v2/Users": "unknown",
		"/realms/" + s.realm + "/.well-known/openid-configuration": "",
	} {
		keycloak.Ask(s.t, "GET", s.url+path, token, nil)
	}
	keycloak.Ask(s.t, "PATCH", s.url+"/tenants/acme/scim/v2/Users/none", acme, patch)
	keycloak.Ask(s.t, "GET", s.admin+"/readyz", "", nil)
}

// metrics is the text of /metrics, of a realm that is named saas.
func (s *site) metrics() string {
	s.t.Helper()
	a, err := http.Get(s.admin + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), s.realm, "saas")
}

// until waits for series: the tenants are checked in the background after the start.
func (s *site) until(series ...string) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		text := s.metrics()
		missing := ""
		for _, one := range series {
			if !strings.Contains(text, one) {
				missing = one
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(end) {
			s.t.Fatal("no " + missing)
		}
	}
}
