package test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// twoOfGroup are two proxies of one group tenant that share one Redis and one Keycloak. Each knows
// all users, so that it answers look-ups that find no user by itself. The requests of each to
// Keycloak go through an upstream of its own.
type twoOfGroup struct {
	*world
	kctest.GroupTenant
	a, b client
	f, g *faulty // of a and b
	// restart starts a, which is a process of its own, and kill kills it.
	restart, kill func()
}

func newTwoOfGroup(t *testing.T) *twoOfGroup {
	t.Helper()
	redis := redisserver.Start(t, redisserver.Options{})
	w, tenant := plannedConfined(t)
	both := &twoOfGroup{world: w, GroupTenant: tenant, f: newFaulty(t, w.realm.Server.URL), g: newFaulty(t, w.realm.Server.URL)}
	binary, path := proxytest.Build(t), w.confinedFiles(t, both.f.URL)
	edit(t, path, "store: {embedded: {path: store.db}}", fmt.Sprintf("store: {redis: {addresses: [%q], prefix: \"kscim:\"}}", redis.Addr))
	cfg := w.cfg
	cfg.Keycloak.URL = both.g.URL
	cfg.Store = config.Store{Redis: &config.Redis{Addresses: []string{redis.Addr}, Prefix: "kscim:"}}
	both.b = client{proxytest.Serve(t, cfg) + "/scim/v2", w.tenantToken}
	both.g.knowsAll(t, both.b)
	both.restart = func() {
		p := proxytest.StartProgram(t, binary, path)
		both.a, both.kill = client{p.URL + "/scim/v2", w.tenantToken}, p.Kill
		both.f.knowsAll(t, both.a)
	}
	both.restart()
	return both
}

// confinedFiles is files for a tenant that is confined to a group.
func (w *world) confinedFiles(t testing.TB, url string) string {
	t.Helper()
	path := w.files(t, url)
	edit(t, strings.Replace(path, "config.yaml", "tenants/acme.yaml", 1), "realm:", "group: "+w.cfg.Tenants[0].Group+"\nrealm:")
	return path
}

// edit replaces the first occurrence of a text in a file.
func edit(t testing.TB, path, before, after string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), before) {
		t.Fatalf("%s: %v, %s", path, err, text)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// finds fails the test unless a look-up by both replicas finds a resource, or none if id is "". It
// returns how many calls they made.
func (r *twoOfGroup) finds(t *testing.T, what, endpoint, filter, id string) (calls int64) {
	t.Helper()
	for _, c := range []client{r.a, r.b} {
		r.f.Calls.Store(0)
		r.g.Calls.Store(0)
		p, err := c.send(t.Context(), "GET", endpoint+"?"+url.Values{"filter": {filter}, "excludedAttributes": {"members"}}.Encode(), "")
		if err != nil || len(p.Page.Resources) != min(len(id), 1) || id != "" && p.Page.Resources[0].ID() != id {
			t.Errorf("%s: %s finds %+v, want %q: %v", what, filter, p.Page.Resources, id, err)
		}
		calls += r.f.Calls.Load() + r.g.Calls.Load()
	}
	return calls
}

// What one replica writes, the other knows at once, although both answer without Keycloak that a
// value is not there.
func TestReplicasOfAGroupTenantTellTheTruth(t *testing.T) {
	r := newTwoOfGroup(t)
	miss := func(what, endpoint, filter string) {
		t.Helper()
		if calls := r.finds(t, what, endpoint, filter, ""); calls != 0 {
			t.Errorf("%s: %d calls", what, calls)
		}
	}
	miss("before the create", "/Users", `userName eq "sample1"`)
	made, err := r.a.send(t.Context(), "POST", "/Users", directorytest.Sample(1).With("externalId", `"e-1"`).String())
	if err != nil {
		t.Fatal(err)
	}
	id := made.Resource.ID()
	for _, filter := range []string{`userName eq "Sample1"`, `emails.value eq "sample1@example.com"`, `externalId eq "e-1"`} {
		if calls := r.finds(t, "created", "/Users", filter, id); calls != 2 {
			t.Errorf("%s: %d calls", filter, calls)
		}
	}
	if _, err := r.b.send(t.Context(), "PATCH", "/Users/"+id, patchBody([]scim.Op{opOn(scim.ReplaceAll, "userName", `"Renamed"`), opOn(scim.ReplaceAll, "emails", `[{"value":"r@example.com","primary":true}]`)})); err != nil {
		t.Fatal(err)
	}
	r.finds(t, "renamed", "/Users", `userName eq "renamed"`, id)
	r.finds(t, "renamed", "/Users", `emails.value eq "R@example.com"`, id)
	miss("renamed", "/Users", `userName eq "sample1"`)
	if _, err := r.a.send(t.Context(), "DELETE", "/Users/"+id, ""); err != nil {
		t.Fatal(err)
	}
	miss("deleted", "/Users", `userName eq "renamed"`)
	g := group(t, r.b, "Engineering")
	r.finds(t, "a group", "/Groups", `displayName eq "engineering"`, g)
	miss("no group", "/Groups", `displayName eq "Sales"`)
}

// A user that an administrator adds to the group is met by a create of either replica, which is
// 409. Then both find the user.
func TestUserOfAnAdministratorIsFoundAfterAConflict(t *testing.T) {
	r := newTwoOfGroup(t)
	for i, c := range []client{r.a, r.b} {
		name := fmt.Sprintf("sample%d", i+1)
		id := r.realm.NewUser(name, r.Path)
		if _, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(i+1).String()); scim.Status(err) != 409 {
			t.Fatalf("the create: %v", err)
		}
		r.finds(t, "after a create", "/Users", `userName eq "`+name+`"`, id)
	}
	made, err := r.a.send(t.Context(), "POST", "/Users", directorytest.Sample(3).String())
	if err != nil {
		t.Fatal(err)
	}
	id := r.realm.NewUser("hand", r.Path)
	if _, err := r.a.send(t.Context(), "PATCH", "/Users/"+made.Resource.ID(), patchBody([]scim.Op{opOn(scim.ReplaceAll, "userName", `"hand"`)})); scim.Status(err) != 409 {
		t.Fatalf("the rename: %v", err)
	}
	r.finds(t, "after a rename", "/Users", `userName eq "hand"`, id)
}

// A replica is killed after Keycloak has created or renamed a user, and before the store says so.
// The other replica does not take the user for absent.
func TestReplicaIsKilledInTheMiddle(t *testing.T) {
	r := newTwoOfGroup(t)
	made, err := r.a.send(t.Context(), "POST", "/Users", directorytest.Sample(1).String())
	if err != nil {
		t.Fatal(err)
	}
	known := "/Users/" + made.Resource.ID()
	for _, row := range []struct {
		name, method, path, body, filter string
		step                             int
	}{
		{"create", "POST", "/Users", directorytest.Sample(2).String(), `userName eq "sample2"`, 1},
		{"rename", "PATCH", known, patchBody([]scim.Op{opOn(scim.ReplaceAll, "userName", `"renamed"`)}), `userName eq "renamed"`, 2},
	} {
		g := newGate(row.step)
		r.f.hold(g, after)
		held, err := g.during(func() error {
			_, err := r.a.send(t.Context(), row.method, row.path, row.body)
			return err
		}, func() { r.kill() })
		r.f.heal()
		if !held || err == nil {
			t.Fatalf("%s: held %t, %v", row.name, held, err)
		}
		p, err := r.b.send(t.Context(), "GET", "/Users?"+url.Values{"filter": {row.filter}}.Encode(), "")
		if err != nil || p.Page.Total != 1 {
			t.Errorf("%s: the other replica finds %+v, %v", row.name, p.Page, err)
		}
		r.restart()
	}
}
