package tenant_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/tenant"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// world is a realm with an administrator's session, and a tenant to be.
type world struct {
	*kctest.Realm
	t    *testing.T
	cut  *cut
	spec tenant.Spec
}

func newWorld(t *testing.T) *world {
	t.Helper()
	r := kctest.NewRealm(t)
	w := &world{Realm: r, t: t, cut: &cut{to: http.DefaultTransport}}
	w.cut.left.Store(never)
	w.spec = tenant.Spec{
		Realm: r.Name, Group: "acme", Organization: "acme", ClientID: "scim-acme", Pool: 3,
		Map: []string{"title", "externalId", "department", "manager.value"},
	}
	return w
}

func (w *world) tenant() *tenant.Tenant {
	w.t.Helper()
	a, err := onboarding.Login(w.t.Context(), w.Server.URL, onboarding.Administrator{User: w.Server.AdminUser, Password: w.Server.AdminPassword}, w.cut)
	if err != nil {
		w.t.Fatal(err)
	}
	return tenant.New(a, w.spec)
}

func (w *world) plan() []tenant.Change {
	w.t.Helper()
	all, err := w.tenant().Plan(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *world) apply() (onboarding.Credentials, []tenant.Change) {
	w.t.Helper()
	var made []tenant.Change
	c, err := w.tenant().Apply(w.t.Context(), func(c tenant.Change) { made = append(made, c) })
	if err != nil {
		w.t.Fatal(err)
	}
	return c, made
}

// ask is a request with all rights, which must succeed.
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

// cut is a network that lets a number of writes pass, and then nothing: as if the program were
// killed.
type cut struct {
	to   http.RoundTripper
	left atomic.Int64
}

const never = 1 << 40

var errCut = errors.New("cut")

func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.left.Load() < 0 {
		return nil, errCut
	}
	if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/token") && c.left.Add(-1) < 0 {
		return nil, errCut
	}
	return c.to.RoundTrip(r)
}

// A plan says what applying does, changes nothing, and is empty afterwards.
func TestPlanAndApply(t *testing.T) {
	w := newWorld(t)
	w.ask("PUT", "", `{"editUsernameAllowed":false,"scimApiEnabled":false}`, nil)
	planned := w.plan()
	if again := w.plan(); !cmp.Equal(planned, again) {
		t.Error(cmp.Diff(planned, again))
	}
	made, changes := w.apply()
	if d := cmp.Diff(planned, changes); d != "" {
		t.Error(d)
	}
	if left := w.plan(); left != nil {
		t.Errorf("still: %v", left)
	}
	again, changes := w.apply()
	if again != made || changes != nil {
		t.Errorf("applied again: %v", changes)
	}
	for _, line := range planned {
		t.Log(line)
	}
}

// The account lives the life of a tenant's: it creates a user in its group, takes a group of its
// pool, and joins users to its organization.
func TestAppliedAccountWorks(t *testing.T) {
	w := newWorld(t)
	made, _ := w.apply()
	token := w.Token(w.spec.ClientID, made.Secret)
	send := func(method, path, body string, want int) kctest.Reply {
		t.Helper()
		a := w.AdminAs(token, method, path, body)
		if a.Status != want {
			t.Errorf("%s %s: %d %s", method, path, a.Status, a.Body)
		}
		return a
	}
	user := w.Made(send("POST", "/users", `{"username":"ada","email":"ada@example.com","firstName":"F","lastName":"L","enabled":true,"groups":["/acme"],"attributes":{"title":["Countess"]}}`, 201))
	send("POST", "/users", `{"username":"eve","email":"eve@example.com","firstName":"F","lastName":"L","enabled":true}`, 403)
	var found []struct{ ID string }
	w.ask("GET", "/organizations?search=acme&exact=true", "", &found)
	send("POST", "/organizations/"+found[0].ID+"/members", fmt.Sprintf("%q", user), 201)
	w.ask("GET", "/groups?search=acme&exact=true", "", &found)
	var children []struct{ ID, Name string }
	if err := json.Unmarshal(send("GET", "/groups/"+found[0].ID+"/children", "", 200).Body, &children); err != nil || len(children) != w.spec.Pool+1 {
		t.Fatalf("%v %v", children, err)
	}
	send("PUT", "/groups/"+children[0].ID, `{"name":"Engineering"}`, 204)
	send("PUT", "/users/"+user+"/groups/"+children[0].ID, "", 204)
	if left := w.plan(); len(left) != 1 || left[0].From != "3" || left[0].To != "4" {
		t.Errorf("a taken group leaves the pool short of one: %v", left)
	}
	w.apply()
	if p, err := w.tenant().ReadPool(t.Context()); err != nil || p.Free != 4 || !slices.Equal(p.Groups, []string{"Engineering"}) {
		t.Errorf("%+v %v", p, err)
	}
	send("PUT", "/users/"+user+"/groups/"+children[0].ID, "", 204) // the taken group is still in the permission
}

// Wherever a run is killed, the next one ends as an undisturbed one.
func TestKilledAtEveryStep(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for n := 0; ; n++ {
		w := newWorld(t)
		w.cut.left.Store(int64(n))
		_, err := w.tenant().Apply(t.Context(), func(tenant.Change) {})
		w.cut.left.Store(never)
		if err == nil {
			t.Logf("%d writes", n)
			if n < 15 {
				t.Error("not every step was reached")
			}
			return
		}
		if !errors.Is(err, errCut) && !strings.Contains(err.Error(), "cut") {
			t.Fatalf("after %d writes: %v", n, err)
		}
		c, _ := w.apply()
		if left := w.plan(); left != nil {
			t.Errorf("after %d writes: %v", n, left)
		}
		if w.Token(w.spec.ClientID, c.Secret) == "" {
			t.Errorf("after %d writes: no token", n)
		}
	}
}

// Removing a tenant leaves no client, policy or permission behind, and its users.
func TestRemove(t *testing.T) {
	w := newWorld(t)
	before := w.left()
	w.apply()
	user := w.NewUser("ada", "/acme")
	remove := func(what tenant.Removal) (made []tenant.Change) {
		t.Helper()
		if err := w.tenant().Remove(t.Context(), what, func(c tenant.Change) { made = append(made, c) }); err != nil {
			t.Fatal(err)
		}
		return made
	}
	if made := remove(tenant.Removal{}); len(made) != 5 {
		t.Error(made)
	}
	if d := cmp.Diff(before, w.left()); d != "" {
		t.Error(d)
	}
	w.ask("GET", "/users/"+user, "", nil)
	if again := remove(tenant.Removal{}); again != nil {
		t.Error(again)
	}
	remove(tenant.Removal{Users: true, Groups: true, Organization: true})
	if a := w.Realm.Admin("GET", "/users/"+user, ""); a.Status != 404 {
		t.Error(a.Status)
	}
	if a := w.Realm.Admin("GET", "/group-by-path/acme", ""); a.Status != 404 {
		t.Error(a.Status)
	}
}

// left are the names of the clients, policies and permissions of the realm.
func (w *world) left() map[string][]string {
	w.t.Helper()
	w.ask("PUT", "", `{"adminPermissionsEnabled":true}`, nil)
	var realm struct {
		AdminPermissionsClient struct{ ID string }
	}
	w.ask("GET", "", "", &realm)
	all := map[string][]string{}
	server := "/clients/" + realm.AdminPermissionsClient.ID + "/authz/resource-server"
	for _, path := range []string{"/clients", server + "/policy", server + "/permission"} {
		var list []struct{ ClientID, Name string }
		w.ask("GET", path, "", &list)
		for _, one := range list {
			all[path] = append(all[path], one.ClientID+one.Name)
		}
		slices.Sort(all[path])
	}
	return all
}

// A realm in which the tenant cannot be served honestly is refused with the reason.
func TestRefused(t *testing.T) {
	for name, row := range map[string]struct {
		prepare func(*world)
		want    string
	}{
		"a group whose members are administrators": {func(w *world) { w.MapAdmin(w.Made(w.Realm.Admin("POST", "/groups", `{"name":"admins"}`))) }, "/admins"},
		"a child group of the tenant's that is one": {func(w *world) {
			g := w.Made(w.Realm.Admin("POST", "/groups", `{"name":"acme"}`))
			w.MapAdmin(w.Made(w.Realm.Admin("POST", "/groups/"+g+"/children", `{"name":"Board"}`)))
		}, "/acme/Board"},
		"the group of another tenant": {func(w *world) {
			w.apply()
			w.spec.ClientID = "scim-globex"
		}, `permission "scim-acme group"`},
		"a permission on all users": {func(w *world) {
			g := w.NewGroupTenant("globex", 1, false)
			w.Permit(g, "helpdesk", "Users", `"view"`)
		}, "is on all users"},
		"an unknown realm":                 {func(w *world) { w.spec.Realm = "nowhere" }, "does not exist"},
		"an unknown identity provider":     {func(w *world) { w.spec.SSO = "corp" }, `identity provider "corp"`},
		"e-mail addresses as userName":     {func(w *world) { w.ask("PUT", "", `{"registrationEmailAsUsername":true}`, nil) }, "Email as username"},
		"a pool larger than can be served": {func(w *world) { w.spec.Pool = tenant.MaxPool + 1 }, "1000"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			row.prepare(w)
			if _, err := w.tenant().Check(t.Context()); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Error(err)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		w := newWorld(t)
		if warnings, err := w.tenant().Check(t.Context()); err != nil || warnings != nil {
			t.Error(warnings, err)
		}
	})
}
