package test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// site is a world that the cases of permanent causes break and mend.
type site struct {
	*world
	t        *testing.T
	upstream *faulty
	cfg      config.Config
	// client and user are the paths of the account's client and of its user in the Admin REST API;
	// roles is the path of a user's roles, below the user.
	client, user, roles string
	role                func(name string) string // the body that names a role there
	secret              string                   // file
	id                  string                   // of a user who is there
}

func newSite(t *testing.T) *site {
	w := newWorld(t)
	s := &site{world: w, t: t, upstream: newFaulty(t, w.realm.Server.URL), cfg: w.cfg}
	s.cfg.Tenants = []config.Tenant{w.cfg.Tenants[0]}
	s.cfg.Keycloak.URL = s.upstream.URL
	s.cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	s.secret = s.cfg.Tenants[0].ServiceAccount.SecretFile
	first := func(path, value string) string {
		return gjson.GetBytes(w.realm.Admin("GET", path, "").Body, value).String()
	}
	s.client = "/clients/" + first("/clients?clientId=scim", "0.id")
	s.user = "/users/" + first(s.client+"/service-account-user", "id")
	management := "/clients/" + first("/clients?clientId=realm-management", "0.id")
	s.roles = "/role-mappings" + management
	s.role = func(name string) string {
		return "[" + string(w.realm.Admin("GET", management+"/roles/"+name, "").Body) + "]"
	}
	made := w.realm.Admin("POST", "/users", `{"username":"there","enabled":true,"email":"there@example.com","firstName":"T","lastName":"H"}`)
	location := made.Header.Get("Location")
	s.id = location[strings.LastIndex(location, "/")+1:]
	return s
}

// admin changes the realm.
func (s *site) admin(method, path, body string) {
	s.t.Helper()
	if a := s.realm.Admin(method, path, body); a.Status > 299 {
		s.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
}

// mapper takes the audience mapper from the client, and gives it back.
func (s *site) mapper() (remove, add func()) {
	m := gjson.GetBytes(s.realm.Admin("GET", s.client, "").Body, "protocolMappers.#(name==aud)")
	return func() { s.admin("DELETE", s.client+"/protocol-mappers/models/"+m.Get("id").String(), "") },
		func() { s.admin("POST", s.client+"/protocol-mappers/models", m.Raw) }
}

// profile puts another attribute into the realm's user profile, and the old profile back.
func (s *site) profile(attribute string) (change, restore func()) {
	old := string(s.realm.Admin("GET", "/users/profile", "").Body)
	grown := strings.Replace(old, `"attributes":[`, `"attributes":[`+attribute+`,`, 1)
	return func() { s.admin("PUT", "/users/profile", grown) }, func() { s.admin("PUT", "/users/profile", old) }
}

// spoil lets the upstream answer paths with this end itself.
func (s *site) spoil(answers map[string]string) {
	hook := func(w http.ResponseWriter, r *http.Request) bool {
		for part, answer := range answers {
			if strings.Contains(r.URL.Path, part) {
				var status int
				code, body, _ := strings.Cut(answer, " ")
				_, _ = fmt.Sscan(code, &status)
				if status >= 300 && status < 400 {
					w.Header().Set("Location", "https://keycloak.example"+r.URL.Path)
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
				return true
			}
		}
		return false
	}
	s.upstream.Before.Store(&hook)
}

func (s *site) ask(base, method, path, body string) kctest.Reply {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, base+"/scim/v2"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + s.tenantToken}, "Content-Type": {"application/scim+json"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return kctest.Reply{Status: res.StatusCode, Header: res.Header, Body: b}
}

// users are all users of the realm as the Admin REST API shows them.
func (s *site) users() string {
	return string(s.realm.Admin("GET", "/users?briefRepresentation=false", "").Body)
}

// Each cause that does not pass by itself is named at start, answered with 500 and without
// Retry-After, changes nothing, and is over as soon as it is mended.
func TestWhatNeverHeals(t *testing.T) {
	s := newSite(t)
	noMapper, mapper := s.mapper()
	unset, set := s.profile(`{"name":"costCode","required":{},"annotations":{},"permissions":{"view":["admin"],"edit":["admin","user"]}}`)
	bare, annotated := s.profile(`{"name":"costCode","permissions":{"view":["admin"],"edit":["admin","user"]}}`)
	put := func(path, body string) func() { return func() { s.admin("PUT", path, body) } }
	write := func(text string) func() {
		return func() {
			if err := os.WriteFile(s.secret, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	secret, err := os.ReadFile(s.secret)
	if err != nil {
		t.Fatal(err)
	}
	off := func() { s.upstream.Before.Store(nil) }
	manage, view, query := s.role("manage-users"), s.role("view-users"), s.role("query-users")
	const all, writes, creates = "GET PATCH POST DELETE", "PATCH POST DELETE", "POST"
	for _, row := range []struct {
		name, fault string
		refused     string // the requests that the cause refuses
		breaks      func()
		mends       func()
	}{
		{"a wrong secret", "secret", all, write("wrong"), write(string(secret))},
		{"a secret that is not there", "secret", all, func() { _ = os.Remove(s.secret) }, write(string(secret))},
		{"a disabled client", "client", all, put(s.client, `{"enabled":false}`), put(s.client, `{"enabled":true}`)},
		{"a client that signs", "client", all, put(s.client, `{"clientAuthenticatorType":"client-jwt"}`), put(s.client, `{"clientAuthenticatorType":"client-secret"}`)},
		{"a disabled service account", "client", all, put(s.user, `{"enabled":false}`), put(s.user, `{"enabled":true}`)},
		{"a disabled realm", "realm", all, put("", `{"enabled":false}`), put("", `{"enabled":true}`)},
		{"no audience", "audience", all, noMapper, mapper},
		{"a realm that is switched off", "switch", all, put("", `{"scimApiEnabled":false}`), put("", `{"scimApiEnabled":true}`)},
		{"a server without the feature", "feature", all, func() {
			s.spoil(map[string]string{"/scim/v2": `404 {"error":"HTTP 404 Not Found"}`, "/admin/serverinfo": `200 {"features":[{"name":"SCIM_API","enabled":false}]}`})
		}, off},
		{"no role", "role", all, func() { s.admin("DELETE", s.user+s.roles, manage) }, func() { s.admin("POST", s.user+s.roles, manage) }},
		{"a role that only reads", "role", writes,
			func() { s.admin("DELETE", s.user+s.roles, manage); s.admin("POST", s.user+s.roles, view) },
			func() { s.admin("DELETE", s.user+s.roles, view); s.admin("POST", s.user+s.roles, manage) }},
		{"a role that only searches", "role", creates,
			func() { s.admin("DELETE", s.user+s.roles, manage); s.admin("POST", s.user+s.roles, query) },
			func() { s.admin("DELETE", s.user+s.roles, query); s.admin("POST", s.user+s.roles, manage) }},
		{"a role outside the client's scope", "role", all, put(s.client, `{"fullScopeAllowed":false}`), put(s.client, `{"fullScopeAllowed":true}`)},
		{"a redirect to HTTPS", "url", all, func() { s.spoil(map[string]string{"": "302 "}) }, off},
		{"a redirect of the SCIM API alone", "url", all, func() { s.spoil(map[string]string{"/scim/v2": "307 "}) }, off},
		{"another server", "url", all, func() { s.spoil(map[string]string{"": "404 <html>no such page</html>"}) }, off},
		{"a server that says yes to everything", "url", all, func() { s.spoil(map[string]string{"": "200 <html>welcome</html>"}) }, off},
		{"a required attribute that nobody can send", "profile", creates, unset, set},
		{"an attribute without annotations", "annotations", writes, bare, annotated},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.t = t
			before := s.users()
			row.breaks()
			core, logs := observer.New(zap.InfoLevel)
			base, stop := proxytest.Start(t, s.cfg, zap.New(core))
			named := logs.Filter(func(e observer.LoggedEntry) bool { return strings.HasPrefix(e.Message, "tenant ") }).All()
			if len(named) != 1 || named[0].ContextMap()["tenant"] != "acme" || named[0].ContextMap()["realm"] != s.realm.Name ||
				fmt.Sprint(named[0].ContextMap()["fault"]) != "["+row.fault+"]" || named[0].ContextMap()["remedy"] == nil {
				t.Errorf("named at start: %+v", named)
			}
			sample := directorytest.Sample(1).String()
			patch := patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", `"New"`)})
			for _, q := range [][3]string{{"GET", "/Users?count=1", ""}, {"PATCH", "/Users/" + s.id, patch}, {"POST", "/Users", sample}, {"DELETE", "/Users/" + s.id, ""}} {
				if !strings.Contains(row.refused, q[0]) {
					continue
				}
				a := s.ask(base, q[0], q[1], q[2])
				doc := gjson.ParseBytes(a.Body)
				if a.Status != 500 || a.Header.Get("Retry-After") != "" || doc.Get("schemas.0").String() != scim.ErrorURN || !strings.Contains(doc.Get("detail").String(), "must act") {
					t.Errorf("%s: %d Retry-After %q %s", q[0], a.Status, a.Header.Get("Retry-After"), a.Body)
				}
			}
			row.mends()
			if after := s.users(); after != before {
				t.Errorf("users before %s\nand after %s", before, after)
			}
			made := s.ask(base, "POST", "/Users", sample)
			if made.Status != 201 {
				t.Fatalf("mended: %d %s", made.Status, made.Body)
			}
			if a := s.ask(base, "GET", "/Users/"+gjson.GetBytes(made.Body, "id").String(), ""); gjson.GetBytes(a.Body, "userName").String() != "sample1" {
				t.Errorf("mended: %d %s", a.Status, a.Body)
			}
			if a := s.ask(base, "DELETE", "/Users/"+gjson.GetBytes(made.Body, "id").String(), ""); a.Status != 204 {
				t.Errorf("mended: %d %s", a.Status, a.Body)
			}
			stop()
		})
	}
}

// Keycloak protects users with an administrator's role from every such account: that is 403 for the
// request and not a fault.
func TestRefusalOfOneUserIsNotAFault(t *testing.T) {
	s := newSite(t)
	core, logs := observer.New(zap.InfoLevel)
	base, stop := proxytest.Start(t, s.cfg, zap.New(core))
	defer stop()
	s.admin("POST", "/users/"+s.id+s.roles, s.role("realm-admin"))
	before := s.users()
	for _, q := range [][2]string{{"PATCH", patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", `"New"`)})}, {"DELETE", ""}} {
		if a := s.ask(base, q[0], "/Users/"+s.id, q[1]); a.Status != 403 {
			t.Errorf("%s: %d %s", q[0], a.Status, a.Body)
		}
	}
	if after := s.users(); after != before {
		t.Errorf("users before %s\nand after %s", before, after)
	}
	if n := logs.Filter(func(e observer.LoggedEntry) bool { return e.ContextMap()["fault"] != nil }).Len(); n > 0 {
		t.Errorf("logged %+v", logs.All())
	}
	if a := s.ask(base, "POST", "/Users", directorytest.Sample(1).String()); a.Status != 201 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// Causes in the configuration itself.
func TestWhatTheConfigurationHasWrong(t *testing.T) {
	s := newSite(t)
	for name, row := range map[string]struct {
		change func(*config.Config)
		fault  string
	}{
		"client": {func(c *config.Config) { c.Tenants[0].ServiceAccount.ClientID = "nobody" }, "client"},
		"realm":  {func(c *config.Config) { c.Tenants[0].Realm = "nosuch" }, "realm"},
		"path":   {func(c *config.Config) { c.Keycloak.URL += "/auth" }, "url"},
		"scheme": {func(c *config.Config) { c.Keycloak.URL = "https" + strings.TrimPrefix(c.Keycloak.URL, "http") }, "url"},
	} {
		cfg := s.cfg
		cfg.Tenants = []config.Tenant{s.cfg.Tenants[0]}
		row.change(&cfg)
		core, logs := observer.New(zap.InfoLevel)
		base, stop := proxytest.Start(t, cfg, zap.New(core))
		if logs.FilterField(zap.Strings("fault", []string{row.fault})).Len() != 1 {
			t.Errorf("%s: logged %+v", name, logs.All())
		}
		if a := s.ask(base, "GET", "/Users", ""); a.Status != 500 || a.Header.Get("Retry-After") != "" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		if row.fault == "url" { // then drop-in callers have it too
			c := client{base + "/realms/" + s.realm.Name + "/scim/v2", s.dropInToken}
			_, err := c.send(t.Context(), "GET", "/Users", "")
			if e := scim.AsError(err); e.Status != 500 || !strings.Contains(e.Detail, "the address of Keycloak is wrong") {
				t.Errorf("%s: drop-in: %v", name, err)
			}
		}
		stop()
	}
}

// Causes that may pass by themselves are 503 with Retry-After, and are not named as faults.
func TestWhatPassesIsTriedAgain(t *testing.T) {
	s := newSite(t)
	s.cfg.Keycloak.Timeout = config.Duration(2 * time.Second)
	for name, answers := range map[string]map[string]string{
		"starting":               {"": "503 "},
		"a gateway":              {"": "502 <html>bad gateway</html>"},
		"tokens fail":            {"/token": `500 {"error":"unknown_error"}`},
		"too many tokens":        {"/token": "429 "},
		"only the SCIM API does": {"/scim/v2": "503 "},
	} {
		s.spoil(answers)
		core, logs := observer.New(zap.InfoLevel)
		base, stop := proxytest.Start(t, s.cfg, zap.New(core))
		if a := s.ask(base, "GET", "/Users", ""); a.Status != 503 || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d Retry-After %q %s", name, a.Status, a.Header.Get("Retry-After"), a.Body)
		}
		if n := logs.Filter(func(e observer.LoggedEntry) bool { return e.ContextMap()["fault"] != nil }).Len(); n > 0 {
			t.Errorf("%s: logged %+v", name, logs.All())
		}
		stop()
	}
}

// The program says what is missing and what to do, and its exit code whether anything is. It does
// not need the store.
func TestTenantCheck(t *testing.T) {
	s := newSite(t)
	binary, file := proxytest.Build(t), s.files(t, s.upstream.URL)
	p := proxytest.StartProgram(t, binary, file) // has the store
	defer p.Kill()
	var undo func()
	for _, row := range []struct {
		name          string
		breaks, mends func()
		code          int
		want          []string
	}{
		{"all is well", func() {}, func() {}, 0, []string{"tenant acme: realm " + s.realm.Name + ", client scim\n", "token     ok\n", "audience  ok\n", "feature   ok\n", "switch    ok\n", "role      ok\n", "rights    ok\n",
			"profile   ok       users must have emails, name.familyName, name.givenName\n"}},
		{"switched off", func() { s.admin("PUT", "", `{"scimApiEnabled":false}`) }, func() { s.admin("PUT", "", `{"scimApiEnabled":true}`) }, 1,
			[]string{"feature   ok\n", "switch    FAILED   the SCIM API of realm \"" + s.realm.Name + "\" is switched off\n", "to do:   switch it on in the realm", "role      unknown"}},
		{"too much", func() { undo = s.realm.Grant("scim", "view-events") }, func() { undo() }, 1,
			[]string{"role      ok\n", "rights    FAILED   the service account of client \"scim\"", "it may see events (view-events, manage-events)\n", "to do:   take the roles and permissions"}},
		{"Keycloak is down", func() { s.spoil(map[string]string{"": "503 "}) }, func() { s.upstream.Before.Store(nil) }, 1, []string{"token     unknown  if Keycloak runs, check keycloak.url"}},
	} {
		row.breaks()
		out, code := proxytest.Run(t, binary, "tenant", "check", "--config", file)
		row.mends()
		if code != row.code {
			t.Errorf("%s: exit code %d", row.name, code)
		}
		for _, want := range row.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", row.name, want, out)
			}
		}
	}
	if out, code := proxytest.Run(t, binary, "tenant", "check", "--config", file, "--tenant", "nobody"); code != 2 || !strings.Contains(out, `no tenant "nobody"`) {
		t.Errorf("%d %s", code, out)
	}
	if out, code := proxytest.Run(t, binary, "tenant", "check", "--config", filepath.Join(t.TempDir(), "none.yaml")); code == 0 {
		t.Errorf("%d %s", code, out)
	}
}
