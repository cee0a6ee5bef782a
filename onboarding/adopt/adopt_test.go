package adopt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/adopt"
	"keycloak-scim-proxy/onboarding/tenant"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// world is a realm with two tenants of one group.
type world struct {
	*kctest.Realm
	t    *testing.T
	made map[string]onboarding.Credentials
	// to is the network of administrators.
	to func(*http.Request) (*http.Response, error)
}

// RoundTrip sends a request.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) { return w.to(r) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Realm: kctest.NewRealm(t), t: t, made: map[string]onboarding.Credentials{}, to: http.DefaultTransport.RoundTrip}
	for _, name := range []string{"acme", "globex"} {
		made, err := tenant.New(w.login(), w.spec(name)).Apply(t.Context(), func(tenant.Change) {})
		if err != nil {
			t.Fatal(err)
		}
		w.made[name] = made
	}
	return w
}

func (w *world) spec(name string) tenant.Spec {
	return tenant.Spec{Realm: w.Name, Group: name, ClientID: "scim-" + name, Pool: 1, Organization: name}
}

func (w *world) login() *onboarding.Admin {
	w.t.Helper()
	a, err := onboarding.Login(w.t.Context(), w.Server.URL, onboarding.Administrator{User: w.Server.AdminUser, Password: w.Server.AdminPassword}, w)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) adoption(name string) *adopt.Adoption {
	w.t.Helper()
	a, err := adopt.New(w.t.Context(), w.login(), w.spec(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) ask(method, path, body string, result any) {
	w.t.Helper()
	a := w.Realm.Admin(method, path, body)
	if a.Status >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	if result != nil {
		if err := json.Unmarshal(a.Body, result); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) group(path string) string {
	w.t.Helper()
	var g struct{ ID string }
	w.ask("GET", "/group-by-path"+path, "", &g)
	return g.ID
}

func (w *world) organization(name string) string {
	w.t.Helper()
	var found []struct{ ID string }
	w.ask("GET", "/organizations?exact=true&search="+name, "", &found)
	return found[0].ID
}

// verdicts are the rows as name: verdict, and the reasons.
func verdicts(rows []adopt.Row) (short map[string]adopt.Verdict, why string) {
	short = map[string]adopt.Verdict{}
	for _, r := range rows {
		short[r.Username] = r.Verdict
		why += r.Username + ": " + r.Why + "\n"
	}
	return short, why
}

type call func(from adopt.Source, report func(adopt.Row) error) (adopt.Counts, error)

func (w *world) preview(name string) call {
	return func(from adopt.Source, report func(adopt.Row) error) (adopt.Counts, error) {
		return w.adoption(name).Preview(w.t.Context(), from, report)
	}
}

func (w *world) apply(name string) call {
	return func(from adopt.Source, report func(adopt.Row) error) (adopt.Counts, error) {
		return w.adoption(name).Apply(w.t.Context(), from, report)
	}
}

func (w *world) do(do call, from adopt.Source) (rows []adopt.Row, n adopt.Counts) {
	w.t.Helper()
	n, err := do(from, func(r adopt.Row) error { rows = append(rows, r); return nil })
	if err != nil {
		w.t.Fatal(err)
	}
	return rows, n
}

// A list of users is adopted, without those who must not be the tenant's. The tenant's account then
// sees and changes who has joined.
func TestAdopt(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.NewUser("ada"), w.NewUser("bob")
	w.MakeAdmin(w.NewUser("root"))
	w.NewUser("theirs", "/globex")
	w.NewUser("ours", "/acme")
	w.ask("POST", "/groups", `{"name":"power"}`, nil)
	byGroup := w.NewUser("by-group", "/power")
	w.MapAdmin(w.group("/power"))
	var pool []struct{ ID string }
	w.ask("GET", "/groups/"+w.group("/globex")+"/children", "", &pool)
	w.ask("PUT", "/users/"+w.NewUser("in-their-pool")+"/groups/"+pool[0].ID, "", nil)
	from := adopt.Source{Users: slices.Values([]string{"ada", " ", bob, "root", "theirs", "ours", "in-their-pool", "nobody", w.made["globex"].User})}

	if _, err := adopt.New(t.Context(), w.login(), w.spec("acme")); err == nil || !strings.Contains(err.Error(), "/power") {
		t.Error(err)
	}
	w.ask("DELETE", "/groups/"+w.group("/power"), "", nil)
	w.ask("GET", "/users/"+byGroup, "", nil)

	rows, n := w.do(w.preview("acme"), from)
	planned, why := verdicts(rows)
	want := map[string]adopt.Verdict{
		"ada": adopt.Joins, "bob": adopt.Joins, "root": adopt.Refused, "theirs": adopt.Refused, "ours": adopt.Joins, // not in the organization yet
		"in-their-pool": adopt.Refused, "nobody": adopt.Unknown, "service-account-scim-globex": adopt.Refused,
	}
	if d := cmp.Diff(want, planned); d != "" || n != (adopt.Counts{Joins: 3, Refused: 4, Unknown: 1}) {
		t.Error(d, n)
	}
	for _, part := range []string{"root: the user has the administrator's role realm-admin", "theirs: the user is in the group /globex", "globex: it is the service account"} {
		if !strings.Contains(why, part) {
			t.Errorf("%q is not in\n%s", part, why)
		}
	}
	token := w.Token("scim-acme", w.made["acme"].Secret)
	if a := w.SCIM(token, "GET", "/Users/"+ada, ""); a.Status != 403 {
		t.Errorf("a preview changes something: %d", a.Status)
	}

	rows, _ = w.do(w.apply("acme"), from)
	if done, _ := verdicts(rows); !cmp.Equal(planned, done) {
		t.Error(cmp.Diff(planned, done))
	}
	for _, id := range []string{ada, bob} {
		a := w.SCIM(token, "PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"name.givenName","value":"N"}]}`)
		if a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		w.ask("GET", "/organizations/"+w.organization("acme")+"/members/"+id, "", nil)
	}
	if _, n = w.do(w.apply("acme"), from); n.Joins != 0 || n.Present != 3 {
		t.Errorf("again: %+v", n)
	}
}

// The members of the organization and the users of a search are sources too, however many.
func TestSources(t *testing.T) {
	w := newWorld(t)
	const many = 205 // more than a page
	var users []string
	for i := range many {
		users = append(users, fmt.Sprintf(`{"username":"jit-%03d","enabled":true}`, i))
	}
	w.ask("POST", "/partialImport", `{"ifResourceExists":"FAIL","users":[`+strings.Join(users, ",")+`]}`, nil)
	rows, n := w.do(w.preview("acme"), adopt.Source{Search: "jit-"})
	if n.Joins != many {
		t.Errorf("%+v", n)
	}
	for _, r := range rows[:3] {
		w.ask("POST", "/organizations/"+w.organization("acme")+"/members", fmt.Sprintf("%q", r.ID), nil)
	}
	rows, n = w.do(w.apply("acme"), adopt.Source{Members: true})
	if n.Joins != 3 || rows[0].Username != "jit-000" {
		t.Errorf("%+v %v", n, rows)
	}
	if _, n = w.do(w.preview("acme"), adopt.Source{Search: "jit-"}); n != (adopt.Counts{Joins: many - 3, Present: 3}) {
		t.Errorf("%+v", n)
	}
	for _, from := range []adopt.Source{{}, {Search: " "}} {
		if _, err := w.preview("acme")(from, nil); err == nil {
			t.Error("every user of the realm")
		}
	}
}

// A run that is interrupted anywhere is completed by the next one.
func TestInterrupted(t *testing.T) {
	w := newWorld(t)
	ada := w.NewUser("ada")
	from := adopt.Source{Users: slices.Values([]string{"ada"})}
	a := w.adoption("acme")
	errCut := errors.New("cut")
	w.to = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/members") {
			return nil, errCut
		}
		return http.DefaultTransport.RoundTrip(r)
	}
	if _, err := a.Apply(t.Context(), from, func(adopt.Row) error { return nil }); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	w.to = http.DefaultTransport.RoundTrip
	if _, n := w.do(w.apply("acme"), from); n.Joins != 1 {
		t.Errorf("%+v", n)
	}
	w.ask("GET", "/organizations/"+w.organization("acme")+"/members/"+ada, "", nil)
	full := errors.New("full")
	if _, err := w.apply("acme")(from, func(adopt.Row) error { return full }); !errors.Is(err, full) {
		t.Error(err)
	}
}

// Two tenants that adopt one user at the same time never both have the user.
func TestTwoTenantsAtOnce(t *testing.T) {
	w := newWorld(t)
	ada := w.NewUser("ada")
	from := adopt.Source{Users: slices.Values([]string{"ada"})}
	a := w.adoption("acme")
	w.to = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/groups/"+w.group("/acme")) {
			w.ask("PUT", "/users/"+ada+"/groups/"+w.group("/globex"), "", nil) // judged, and not joined yet
		}
		return http.DefaultTransport.RoundTrip(r)
	}
	n, err := a.Apply(t.Context(), from, func(adopt.Row) error { return nil })
	if err != nil || n != (adopt.Counts{Refused: 1}) {
		t.Errorf("%+v %v", n, err)
	}
	var in []struct{ Path string }
	if w.ask("GET", "/users/"+ada+"/groups", "", &in); len(in) != 1 || in[0].Path != "/globex" {
		t.Error(in)
	}
}

// A tenant that cannot adopt says why.
func TestCannot(t *testing.T) {
	w := newWorld(t)
	for want, spec := range map[string]tenant.Spec{
		"whole realm":                  {Realm: w.Name, ClientID: "scim-all"},
		"group /hooli":                 {Realm: w.Name, ClientID: "scim-hooli", Group: "hooli"},
		"organization hooli":           {Realm: w.Name, ClientID: "scim-acme", Group: "acme", Organization: "hooli"},
		`realm "nowhere" does not exi`: {Realm: "nowhere", ClientID: "scim-acme", Group: "acme"},
	} {
		if _, err := adopt.New(t.Context(), w.login(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	none := w.spec("acme")
	none.Organization = ""
	a, err := adopt.New(t.Context(), w.login(), none)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Preview(t.Context(), adopt.Source{Members: true}, nil); err == nil || !strings.Contains(err.Error(), "no organization") {
		t.Error(err)
	}
}
