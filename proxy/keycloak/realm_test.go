package keycloak_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/shim"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// counting counts the calls to Keycloak, without token requests.
type counting struct {
	next  http.RoundTripper
	calls atomic.Int64
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") != "" {
		c.calls.Add(1)
	}
	return c.next.RoundTrip(r)
}

// open opens a fresh realm, behind a shim if there are rules.
func open(t *testing.T, rules ...shim.Rule) (*keycloak.Realm, *counting, *kctest.Realm) {
	t.Helper()
	return openIn(t, kctest.NewRealm(t), rules...)
}

func openIn(t *testing.T, r *kctest.Realm, rules ...shim.Rule) (*keycloak.Realm, *counting, *kctest.Realm) {
	t.Helper()
	secret := r.ServiceAccount("scim", "manage-users")
	wire := &counting{next: http.DefaultTransport}
	client := keycloak.NewClient(before(t, r, rules), wire, time.Minute, 16)
	account := keycloak.NewAccount(client, r.Name, "scim", func() (string, error) { return secret, nil }, time.Now)
	facts, err := keycloak.LoadProfile(t.Context(), client, r.Name, account)
	if err != nil {
		t.Fatal(err)
	}
	wire.calls.Store(0)
	return keycloak.NewRealm(client, r.Name, account, facts), wire, r
}

// before is the URL of Keycloak, or of a shim before it.
func before(t *testing.T, r *kctest.Realm, rules []shim.Rule) string {
	t.Helper()
	if len(rules) == 0 {
		return r.Server.URL
	}
	s, err := shim.New(r.Server.URL, r.Server.AdminUser, r.Server.AdminPassword, rules...)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv.URL
}

// The contract holds on Keycloak as 26.8 is expected to be, in a realm whose profile requires
// nothing.
func TestContractBehindTheShim(t *testing.T) {
	kctest.Server(t)
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		r := kctest.NewRealm(t)
		r.Relax()
		d, _, _ := openIn(t, r, shim.All()...)
		return d
	})
}

func TestContract(t *testing.T) {
	kctest.Server(t)
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		d, _, _ := open(t)
		return d
	})
}

// The declared limits are Keycloak's less the term that a walk adds, for the longest name.
func TestNativeFilterLimits(t *testing.T) {
	d, _, realm := open(t)
	name := scim.AttrPath{Name: "userName"}
	filter := func(length, nesting int) scim.Filter {
		var f scim.Filter = scim.Equal(name, strings.Repeat("x", length-len(`userName eq ""`)-len("not ()")*nesting))
		for range nesting {
			f = scim.Not{Term: f}
		}
		return f
	}
	limits := d.Capabilities().FilterLimits
	worst := "n" + strings.Repeat(`"`, 254)
	realm.Admin("PUT", "/users/profile", `{"attributes":[{"name":"username"},{"name":"email"}]}`)
	if a := realm.Admin("POST", "/users", `{"username":`+document.Quote(worst)+`}`); a.Status != 201 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, row := range []struct {
		filter scim.Filter
		after  string
		status int
	}{
		{filter(2048, 0), "", 200},
		{filter(2049, 0), "", 400},
		{filter(200, 10), "", 200},
		{filter(200, 11), "", 400},
		{filter(limits.Length, limits.Nesting), worst, 200},
		{scim.Or{Terms: []scim.Filter{filter(limits.Length-len(" or userName pr"), limits.Nesting-1), scim.Present{Attr: name}}}, worst, 200},
	} {
		q := directory.Query{Type: scim.User, Filter: row.filter, Start: 1, Count: 1}
		if row.after != "" {
			all, err := d.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 1})
			if err != nil || len(all.Resume) != 1 || !strings.HasSuffix(all.Resume[0], worst) {
				t.Fatalf("%v %+v", err, all)
			}
			q.ResumeAfter = all.Resume[0]
		}
		_, err := d.List(t.Context(), q)
		if status := scim.AsError(err).Status; err == nil && row.status != 200 || err != nil && status != row.status {
			t.Errorf("%.60s of %d bytes: %v, want %d", row.filter, len(row.filter.String()), err, row.status)
		}
	}
}

// The in-memory directory for tests of other packages has the capabilities of Keycloak.
func TestMemoryIsAsAbleAsKeycloak(t *testing.T) {
	stock := keycloak.NewRealm(nil, "", nil, profile.Stock()).Capabilities()
	if d := cmp.Diff(directorytest.KeycloakCapabilities(), stock); d != "" {
		t.Error(d)
	}
}

// TestCalls checks how many calls to Keycloak each operation makes.
func TestCalls(t *testing.T) {
	d, wire, _ := open(t)
	count := func(what string, want int64, do func() error) {
		t.Helper()
		wire.calls.Store(0)
		if err := do(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := wire.calls.Load(); got != want {
			t.Errorf("%s took %d calls, want %d", what, got, want)
		}
	}
	var ref scim.Ref
	count("create", 2, func() error {
		r, err := d.Create(t.Context(), scim.User, directorytest.Sample(1))
		ref = scim.Ref{Type: scim.User, ID: r.ID()}
		return err
	})
	count("get", 1, func() error { _, err := d.Get(t.Context(), ref, directory.Fields{}); return err })
	title := func(raw string) func() error {
		return func() error {
			_, err := d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.Set(scim.MustPath("name.givenName"), raw), nil })
			return err
		}
	}
	count("update", 2, title(`"A"`))
	count("update without a change", 1, title(`"A"`))
	g, err := d.Create(t.Context(), scim.Group, document.Must(`{"displayName":"G"}`))
	if err != nil {
		t.Fatal(err)
	}
	group := scim.Ref{Type: scim.Group, ID: g.ID()}
	count("join of one chunk", 1, func() error {
		return d.ChangeMembers(t.Context(), group, directory.MemberChange{Add: []string{ref.ID}})
	})
	count("join by replacement", 2, func() error { return d.ChangeMembers(t.Context(), group, directory.MemberChange{Replace: true}) })
	count("delete", 1, func() error { return d.Delete(t.Context(), ref) })
}

func TestValuesThatKeycloakWouldNotValidate(t *testing.T) {
	d, _, realm := open(t)
	made, err := d.Create(t.Context(), scim.User, directorytest.Sample(1))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	for path, raw := range map[string]string{
		"userName":        `"ab"`,
		"name.givenName":  `"<script>"`,
		"name.familyName": `"a\u0000b"`,
		"emails":          `[{"value":"nobody at all"}]`,
	} {
		_, err := d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.Set(scim.MustPath(path), raw), nil })
		if e := scim.AsError(err); err == nil || e.Status != 400 || e.Type != "invalidValue" {
			t.Errorf("%s = %s: %v", path, raw, err)
		}
	}
	if a := realm.Admin("GET", "/users/"+made.ID(), ""); a.Status != 200 {
		t.Errorf("the user is broken: %d", a.Status)
	}
}

func TestMappedAttributesGoToKeycloak(t *testing.T) {
	realm := kctest.NewRealm(t)
	secret := realm.ServiceAccount("scim", "manage-users")
	realm.Admin("PUT", "/users/profile", `{"attributes":[
{"name":"username","validations":{"length":{"min":3,"max":255}},"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"email","validations":{"email":{}},"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"firstName","permissions":{"view":["admin"],"edit":["admin"]}},{"name":"lastName","permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"ext","annotations":{"kc.scim.schema.attribute":"externalId"},"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"dept","validations":{"length":{"max":5}},"annotations":{"kc.scim.schema.attribute":"`+scim.EnterpriseURN+`:department"},"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"badge","annotations":{"kc.scim.schema.attribute":"urn:example:1:User:badge"},"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"phone","annotations":{"kc.scim.schema.attribute":"phoneNumbers"},"permissions":{"view":["admin"],"edit":["admin"]}}]}`)
	client := keycloak.NewClient(realm.Server.URL, http.DefaultTransport, time.Minute, 16)
	account := keycloak.NewAccount(client, realm.Name, "scim", func() (string, error) { return secret, nil }, time.Now)
	facts, err := keycloak.LoadProfile(t.Context(), client, realm.Name, account)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]directory.Placement{"externalId": directory.Normalised, scim.EnterpriseURN + ":department": directory.Normalised, "urn:example:1:User:badge": directory.Normalised, "phoneNumbers": directory.StoreOnly, "title": directory.StoreOnly} {
		if got := facts.Capabilities().Placement(scim.User, scim.MustPath(path)); got != want {
			t.Errorf("%s is held %d, want %d", path, got, want)
		}
	}
	d := keycloak.NewRealm(client, realm.Name, account, facts)
	asked := directorytest.Sample(1).With("externalId", `"e-1"`).Set(scim.MustPath(scim.EnterpriseURN+":department"), `"R&D"`).Set(scim.MustPath("urn:example:1:User:badge"), `"b"`)
	made, err := d.Create(t.Context(), scim.User, asked)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"externalId", scim.EnterpriseURN + ":department", "urn:example:1:User:badge"} {
		if got := made.Get(scim.MustPath(path)); got != asked.Get(scim.MustPath(path)) {
			t.Errorf("%s is %s", path, got)
		}
	}
	// A request that names all attributes returns the same as one without names.
	whole, err := scim.ParseResource(realm.SCIM(realm.Token("scim", secret), "GET", "/Users/"+made.ID(), "").Body)
	whole = whole.Set(scim.MustPath("meta.location"), "") // package scimhttp adds its own
	if err != nil || !document.Same(whole.String(), made.String()) {
		t.Errorf("%v\nwhole %s\nnamed %s", err, whole, made)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	after, err := d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) {
		return r.Without("externalId", "urn:example:1:User").Set(scim.MustPath(scim.EnterpriseURN+":department"), `"Ops"`), nil
	})
	if err != nil || after.Raw("externalId") != "" || after.Raw("urn:example:1:User") != "" || after.Get(scim.MustPath(scim.EnterpriseURN+":department")) != `"Ops"` {
		t.Errorf("%v %s", err, after)
	}
	_, err = d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) {
		return r.Set(scim.MustPath(scim.EnterpriseURN+":department"), `"too long"`), nil
	})
	if scim.Status(err) != 400 {
		t.Errorf("longer than the profile allows: %v", err)
	}
}

func TestProofOfWritePermission(t *testing.T) { proofs(t) }

func TestProofOfWritePermissionBehindTheShim(t *testing.T) { proofs(t, shim.All()...) }

func proofs(t *testing.T, rules ...shim.Rule) {
	d, _, realm := open(t, rules...)
	made, err := d.Create(t.Context(), scim.User, directorytest.Sample(1))
	if err != nil {
		t.Fatal(err)
	}
	client := keycloak.NewClient(before(t, realm, rules), http.DefaultTransport, time.Minute, 16)
	reader := keycloak.Caller(realm.Token("reader", realm.ServiceAccount("reader", "view-users")))
	facts, err := keycloak.LoadProfile(t.Context(), client, realm.Name, reader)
	if err != nil {
		t.Fatal(err)
	}
	asReader := keycloak.NewRealm(client, realm.Name, reader, facts)
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	if _, err := asReader.Get(t.Context(), ref, directory.Fields{}); err != nil {
		t.Fatal(err)
	}
	bare := location(realm.Admin("POST", "/users", `{"username":"bare"}`))
	whole := realm.Admin("GET", "/users/"+made.ID(), "")
	for _, q := range []struct {
		ref    scim.Ref
		reader int
		writer int
	}{
		{ref, 403, 0},
		{scim.Ref{Type: scim.User, ID: bare}, 403, 0}, // who breaks the user profile
		{scim.Ref{Type: scim.User}, 403, 0},
		{scim.Ref{Type: scim.Group}, 403, 0},
		{scim.Ref{Type: scim.Group, ID: made.ID()}, 404, 404},
		{scim.Ref{Type: scim.User, ID: "../../x"}, 404, 404},
	} {
		for who, may := range map[string]error{"reader": asReader.MayWrite(t.Context(), q.ref), "writer": d.MayWrite(t.Context(), q.ref)} {
			want := map[string]int{"reader": q.reader, "writer": q.writer}[who]
			if want == 0 && may != nil || want != 0 && scim.Status(may) != want {
				t.Errorf("%s, %+v: %v, want %d", who, q.ref, may, want)
			}
		}
	}
	after := realm.Admin("GET", "/users/"+made.ID(), "")
	if string(whole.Body) != string(after.Body) || string(realm.Admin("GET", "/users/count", "").Body) != "2" || string(realm.Admin("GET", "/groups", "").Body) != "[]" {
		t.Error("the questions changed something")
	}
}

func location(a kctest.Reply) string {
	at := a.Header.Get("Location")
	return at[strings.LastIndex(at, "/")+1:]
}

func TestDisablingEndsSessions(t *testing.T) { disabling(t, "") }

// Also those of a user that lost the names that the profile requires, so that Keycloak refuses
// every PATCH.
func TestDisablingEndsSessionsBehindTheShim(t *testing.T) {
	disabling(t, `{"firstName":"","lastName":""}`, shim.All()...)
}

func disabling(t *testing.T, spoil string, rules ...shim.Rule) {
	d, _, realm := open(t, rules...)
	made, err := d.Create(t.Context(), scim.User, directorytest.Sample(1))
	if err != nil {
		t.Fatal(err)
	}
	realm.Admin("PUT", "/users/"+made.ID()+"/reset-password", `{"type":"password","value":"pw","temporary":false}`)
	realm.Admin("POST", "/clients", `{"clientId":"app","publicClient":true,"directAccessGrantsEnabled":true}`)
	realm.PasswordToken("app", "sample1", "pw")
	sessions := func() string { return string(realm.Admin("GET", "/users/"+made.ID()+"/sessions", "").Body) }
	if sessions() == "[]" {
		t.Fatal("no session to end")
	}
	if spoil != "" {
		realm.Admin("PUT", "/users/"+made.ID(), spoil)
	}
	off, err := d.Update(t.Context(), scim.Ref{Type: scim.User, ID: made.ID()}, func(r scim.Resource) (scim.Resource, error) { return r.With("active", "false"), nil })
	if err != nil || off.Raw("active") != "false" || sessions() != "[]" {
		t.Errorf("%v %s, sessions left: %s", err, off, sessions())
	}
}
