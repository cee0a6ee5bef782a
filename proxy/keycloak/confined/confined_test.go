package confined_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/shim"
)

func TestMain(m *testing.M) { kctest.Main(m) }

var errLocked = errors.New("the pool is locked")

// tenantOf opens the directory of a group tenant.
func tenantOf(t *testing.T, r *kctest.Realm, g kctest.GroupTenant) *confined.Directory {
	t.Helper()
	return tenantAt(t, r.Server.URL, r, g)
}

func tenantAt(t *testing.T, url string, r *kctest.Realm, g kctest.GroupTenant) *confined.Directory {
	t.Helper()
	return tenantOver(t, http.DefaultTransport, url, r, g)
}

func tenantOver(t *testing.T, wire http.RoundTripper, url string, r *kctest.Realm, g kctest.GroupTenant) *confined.Directory {
	t.Helper()
	return tenantAfter(t, time.Now, wire, url, r, g)
}

func tenantAfter(t *testing.T, now func() time.Time, wire http.RoundTripper, url string, r *kctest.Realm, g kctest.GroupTenant) *confined.Directory {
	t.Helper()
	client := keycloak.NewClient(url, wire, time.Minute, 16)
	account := keycloak.NewAccount(client, r.Name, g.ClientID, func() (string, error) { return g.Secret, nil }, time.Now)
	p, err := keycloak.LoadProfile(t.Context(), client, r.Name, account)
	if err != nil {
		t.Fatal(err)
	}
	var pool sync.Mutex
	lock := func(ctx context.Context, _ string) (func(), error) {
		if ctx.Err() == nil {
			pool.Lock()
		} else if !pool.TryLock() {
			return nil, errLocked
		}
		return pool.Unlock, nil
	}
	group := tenantgroup.New(g.Path[1:], lock, time.Hour, now)
	group.Organization = g.Organization
	return confined.New(keycloak.NewRealm(client, r.Name, account, p), p, group)
}

// A group tenant keeps the contract of a directory, in a realm with others' users and groups.
func TestContract(t *testing.T) {
	kctest.Server(t)
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		r := kctest.NewRealm(t)
		g := r.NewGroupTenant("acme", 12, false)
		r.NewUser("sample000")
		r.NewUser("sample2005")
		r.Made(r.Admin("POST", "/groups", `{"name":"unique group"}`))
		return tenantOf(t, r, g)
	})
}

// The same on Keycloak as 26.8 is expected to be.
func TestContractBehindTheShim(t *testing.T) {
	kctest.Server(t)
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		r := kctest.NewRealm(t)
		r.Relax()
		g := r.NewGroupTenant("acme", 12, false)
		s, err := shim.New(r.Server.URL, r.Server.AdminUser, r.Server.AdminPassword, shim.All()...)
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(s)
		t.Cleanup(srv.Close)
		return tenantAt(t, srv.URL, r, g)
	})
}

// two is a realm with two group tenants, each with a user and a group, and a user of none.
type two struct {
	realm       *kctest.Realm
	acme, beta  kctest.GroupTenant
	a, b        *confined.Directory
	userA, user scim.Resource // user is beta's
	groupB      scim.Resource
	outsider    string
}

func newTwo(t *testing.T) two {
	t.Helper()
	w := two{realm: kctest.NewRealm(t)}
	w.realm.Map(`{"name":"title","multivalued":false,"permissions":{"view":["admin"],"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"title"}}`,
		`{"name":"skills","multivalued":true,"permissions":{"view":["admin"],"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"urn:example:1:User:skills"}}`)
	w.acme, w.beta = w.realm.NewGroupTenant("acme", 2, false), w.realm.NewGroupTenant("beta", 2, false)
	w.a, w.b = tenantOf(t, w.realm, w.acme), tenantOf(t, w.realm, w.beta)
	w.userA, w.user = create(t, w.a, scim.User, directorytest.Sample(1)), create(t, w.b, scim.User, directorytest.Sample(2))
	w.groupB = create(t, w.b, scim.Group, document.Must(`{"displayName":"Engineering","externalId":"e"}`))
	w.outsider = w.realm.NewUser("outsider")
	return w
}

func create(t *testing.T, d directory.Directory, kind scim.ResourceType, r scim.Resource) scim.Resource {
	t.Helper()
	made, err := d.Create(t.Context(), kind, r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Everything outside the tenant is 404 and never proven to be gone, and nothing changes. The
// tenant's own group and free groups do not exist either.
func TestOutsideIsNotFound(t *testing.T) {
	w := newTwo(t)
	own := create(t, w.a, scim.Group, document.Must(`{"displayName":"Engineering"}`))
	keep := func(r scim.Resource) (scim.Resource, error) {
		return r.With("displayName", `"x"`).With("active", "false"), nil
	}
	for what, ref := range map[string]scim.Ref{
		"the other tenant's user": {Type: scim.User, ID: w.user.ID()}, "a user of none": {Type: scim.User, ID: w.outsider}, "the account": {Type: scim.User, ID: w.acme.Account},
		"the other tenant's group": {Type: scim.Group, ID: w.groupB.ID()}, "the other pool": {Type: scim.Group, ID: w.beta.Pool[1]}, "the other tenant": {Type: scim.Group, ID: w.beta.Group},
		"its own group": {Type: scim.Group, ID: w.acme.Group}, "its own free group": {Type: scim.Group, ID: free(t, w)},
	} {
		before := string(w.realm.Admin("GET", "/users/"+ref.ID, "").Body) + string(w.realm.Admin("GET", "/groups/"+ref.ID, "").Body)
		_, get := w.a.Get(t.Context(), ref, directory.Fields{})
		_, update := w.a.Update(t.Context(), ref, keep)
		errs := map[string]error{"get": get, "update": update, "delete": w.a.Delete(t.Context(), ref)}
		if ref.Type == scim.Group {
			_, errs["members"] = w.a.Get(t.Context(), ref, directory.Fields{Members: true})
			errs["join"] = w.a.ChangeMembers(t.Context(), ref, directory.MemberChange{Add: []string{w.userA.ID()}})
		} else if err := w.a.ChangeMembers(t.Context(), scim.Ref{Type: scim.Group, ID: own.ID()}, directory.MemberChange{Add: []string{ref.ID}}); scim.Status(err) != 400 {
			t.Errorf("%s joins: %v", what, err)
		}
		for verb, err := range errs {
			if scim.Status(err) != 404 || scim.IsGone(err) && ref.ID != w.acme.Account { // by SCIM, accounts are not users
				t.Errorf("%s of %s: %v, gone %t", verb, what, err, scim.IsGone(err))
			}
		}
		if after := string(w.realm.Admin("GET", "/users/"+ref.ID, "").Body) + string(w.realm.Admin("GET", "/groups/"+ref.ID, "").Body); after != before {
			t.Errorf("%s was\n%s\nand is\n%s", what, before, after)
		}
	}
	if _, err := w.a.Get(t.Context(), scim.Ref{Type: scim.User, ID: "00000000-0000-0000-0000-000000000000"}, directory.Fields{}); !scim.IsGone(err) {
		t.Errorf("an id that does not exist: %v", err)
	}
}

// free returns a free group of acme.
func free(t *testing.T, w two) string {
	t.Helper()
	for _, id := range w.acme.Pool {
		if strings.Contains(string(w.realm.Admin("GET", "/groups/"+id, "").Body), `"name":"~free-`) {
			return id
		}
	}
	t.Fatal("no group is free")
	return ""
}

// Lists, filters and the groups of users show the tenant only.
func TestListsShowTheTenantOnly(t *testing.T) {
	w := newTwo(t)
	g := create(t, w.a, scim.Group, document.Must(`{"displayName":"Engineering","externalId":"e"}`))
	ref := scim.Ref{Type: scim.Group, ID: g.ID()}
	if err := w.a.ChangeMembers(t.Context(), ref, directory.MemberChange{Add: []string{w.userA.ID()}}); err != nil {
		t.Fatal(err)
	}
	if a := w.realm.Admin("PUT", "/users/"+w.userA.ID()+"/groups/"+w.realm.Made(w.realm.Admin("POST", "/groups", `{"name":"foreign"}`)), "{}"); a.Status != 204 {
		t.Fatal(a.Status)
	}
	in := func(id string) scim.Filter { return scim.Equal(scim.MustPath("groups.value"), id) }
	for what, q := range map[string]struct {
		query directory.Query
		ids   string
	}{
		"users":                     {directory.Query{Type: scim.User}, w.userA.ID()},
		"groups":                    {directory.Query{Type: scim.Group}, g.ID()},
		"a name of the other":       {directory.Query{Type: scim.User, Filter: scim.Equal(scim.MustPath("userName"), "sample2")}, ""},
		"members":                   {directory.Query{Type: scim.User, Filter: in(g.ID())}, w.userA.ID()},
		"members of its own group":  {directory.Query{Type: scim.User, Filter: in(strings.ToUpper(w.acme.Group))}, ""},
		"members of the other":      {directory.Query{Type: scim.User, Filter: in(w.beta.Group)}, ""},
		"groups of a member":        {directory.Query{Type: scim.Group, Filter: scim.Equal(scim.MustPath("members.value"), w.userA.ID())}, g.ID()},
		"groups of another's user":  {directory.Query{Type: scim.Group, Filter: scim.Equal(scim.MustPath("members.value"), w.user.ID())}, ""},
		"a group with a free name":  {directory.Query{Type: scim.Group, Filter: scim.Equal(scim.MustPath("displayName"), "~free-0001")}, ""},
		"a group with its own name": {directory.Query{Type: scim.Group, Filter: scim.Equal(scim.MustPath("displayName"), "tenant-acme")}, ""},
	} {
		q.query.Start, q.query.Count = 1, 100
		p, err := w.a.List(t.Context(), q.query)
		var ids []string
		for _, r := range p.Resources {
			ids = append(ids, r.ID())
		}
		if got := strings.Join(ids, " "); err != nil || got != q.ids || p.Total != len(ids) {
			t.Errorf("%s: %v, %q of %d, want %q", what, err, got, p.Total, q.ids)
		}
	}
	shown, err := w.a.Get(t.Context(), scim.Ref{Type: scim.User, ID: w.userA.ID()}, directory.Fields{})
	if groups := document.Elements(shown.Raw("groups")); err != nil || len(groups) != 1 || !strings.Contains(groups[0], g.ID()) {
		t.Errorf("%v: the user is in %v", err, groups)
	}
	listed, err := w.a.List(t.Context(), directory.Query{Type: scim.Group, Start: 1, Count: 10})
	if one, getErr := w.a.Get(t.Context(), ref, directory.Fields{}); err != nil || getErr != nil || !document.Same(one.String(), listed.Resources[0].String()) {
		t.Errorf("%v %v: read %s\nlisted %v", err, getErr, one, listed.Resources)
	}
}

// Names and addresses of other tenants are taken, and the answer does not say which user has them.
func TestTakenOutside(t *testing.T) {
	w := newTwo(t)
	mail := document.Must(`{"emails":[{"value":"sample2@example.com"}]}`).Raw("emails")
	set := func(name, raw string) func() error {
		return func() error {
			_, err := w.a.Update(t.Context(), scim.Ref{Type: scim.User, ID: w.userA.ID()}, func(r scim.Resource) (scim.Resource, error) { return r.With(name, raw), nil })
			return err
		}
	}
	post := func(r scim.Resource) func() error {
		return func() error { _, err := w.a.Create(t.Context(), scim.User, r); return err }
	}
	for what, do := range map[string]func() error{
		"create with its name": post(directorytest.Sample(3).With("userName", `"SAMPLE2"`)), "create with its address": post(directorytest.Sample(3).With("emails", mail)),
		"rename": set("userName", `"sample2"`), "change of address": set("emails", mail),
	} {
		if e := scim.AsError(do()); e.Status != 409 || e.Type != "uniqueness" || e.Detail != "a user with this userName or e-mail address exists" {
			t.Errorf("%s: %v", what, e)
		}
	}
	p, err := w.a.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 10})
	if err != nil || p.Total != 1 || !document.Same(p.Resources[0].Raw("userName"), `"sample1"`) {
		t.Errorf("%v: %v", err, p.Resources)
	}
}

// A create stores what a PATCH stores: the mapping of the user profile, values that it refuses, and
// a user who is not active.
func TestCreateMapsAttributes(t *testing.T) {
	w := newTwo(t)
	asked := directorytest.Sample(5).With("title", `"Boss "`).With("active", "false").With("urn:example:1:User", `{"skills":["a","b"]}`)
	made := create(t, w.a, scim.User, asked)
	for path, want := range map[string]string{"title": `"Boss"`, "active": "false", "urn:example:1:User:skills": `["a"]`} {
		if got := made.Get(scim.MustPath(path)); !document.Same(got, want) {
			t.Errorf("%s is %s", path, got)
		}
	}
	if user := string(w.realm.Admin("GET", "/users/"+made.ID(), "").Body); !strings.Contains(user, `"skills":["a","b"]`) {
		t.Errorf("Keycloak has %s", user)
	}
	for name, raw := range map[string]string{"userName": `"x<y"`, "emails": `[{"value":"a@b_c.com"}]`} {
		_, err := w.a.Create(t.Context(), scim.User, directorytest.Sample(6).With(name, raw))
		if e := scim.AsError(err); e.Status != 400 || e.Type != "invalidValue" || !strings.HasPrefix(e.Detail, name) {
			t.Errorf("%s: %v", name, e)
		}
	}
	_, err := w.a.Create(t.Context(), scim.User, directorytest.Sample(6).Without("name"))
	if e := scim.AsError(err); e.Status != 400 || !strings.Contains(e.Detail, "name.") {
		t.Errorf("a user without a name: %v", e)
	}
}

// The pool: it can run empty and be filled, and its names are reserved.
func TestPool(t *testing.T) {
	w := newTwo(t)
	group := func(name string) scim.Resource { return document.Must(`{"displayName":` + document.Quote(name) + `}`) }
	var all sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		all.Go(func() { _, errs[i] = w.a.Create(t.Context(), scim.Group, group(fmt.Sprint("g", i))) })
	}
	all.Wait()
	empty := 0
	for _, err := range errs {
		if e := scim.AsError(err); err != nil && e.Status == 503 && strings.Contains(e.Detail, "pool of the group /tenant-acme") {
			empty++
		} else if err != nil {
			t.Error(err)
		}
	}
	if p, err := w.a.List(t.Context(), directory.Query{Type: scim.Group, Start: 1, Count: 10}); err != nil || p.Total != 2 || empty != 1 {
		t.Errorf("%v: %d groups of a pool of 2, %d creates found it empty", err, p.Total, empty)
	}
	w.realm.Refill(&w.acme, 1)
	if _, err := w.a.Create(t.Context(), scim.Group, group(" ~FREE-1")); scim.Status(err) != 400 {
		t.Errorf("a reserved name: %v", err)
	}
	made := create(t, w.a, scim.Group, group("late"))
	if _, err := w.a.Update(t.Context(), scim.Ref{Type: scim.Group, ID: made.ID()}, func(r scim.Resource) (scim.Resource, error) { return r.With("displayName", `"~free-9"`), nil }); scim.Status(err) != 400 {
		t.Errorf("a rename to a reserved name: %v", err)
	}
}

// A create that fails after the group was claimed gives it back; a group of an earlier create, also
// of the same request, is deleted.
func TestFailedCreateGivesTheGroupBack(t *testing.T) {
	w := newTwo(t)
	asked := document.Must(`{"displayName":"g","externalId":"e"}`)
	ref := func(r scim.Resource) scim.Ref { return scim.Ref{Type: scim.Group, ID: r.ID()} }
	for range 3 { // the pool has 2
		ctx, _ := directory.WithOutcome(t.Context())
		made, err := w.a.Create(ctx, scim.Group, asked)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.a.ChangeMembers(t.Context(), ref(made), directory.MemberChange{Add: []string{w.userA.ID()}}); err != nil {
			t.Fatal(err)
		}
		if err := w.a.Delete(ctx, ref(made)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.a.Get(t.Context(), ref(made), directory.Fields{}); scim.Status(err) != 404 {
			t.Errorf("a group that was given back: %v", err)
		}
		if a := w.realm.Admin("GET", "/groups/"+made.ID()+"/members", ""); string(a.Body) != "[]" {
			t.Errorf("it has members: %s", a.Body)
		}
	}
	if made := create(t, w.a, scim.Group, document.Must(`{"displayName":"other"}`)); made.Raw("externalId") != "" {
		t.Errorf("the next group is %s", made)
	}
	listed, err := w.a.List(t.Context(), directory.Query{Type: scim.Group, Start: 1, Count: 10, Fields: directory.Fields{Only: []string{"displayname", "externalid"}}})
	if err != nil || len(listed.Resources) != 1 || listed.Resources[0].Raw("externalId") != "" {
		t.Errorf("it is listed as %v: %v", listed.Resources, err)
	}
	w.realm.Refill(&w.acme, 1)
	made := create(t, w.a, scim.Group, asked)
	if err := tenantOf(t, w.realm, w.acme).Delete(t.Context(), ref(made)); err != nil {
		t.Fatal(err)
	}
	later, _ := directory.WithOutcome(t.Context()) // as of the next operation of a bulk request
	again := create(t, w.a, scim.Group, asked)
	if err := w.a.Delete(later, ref(again)); err != nil {
		t.Fatal(err)
	}
	if a := w.realm.Admin("GET", "/groups/"+again.ID(), ""); a.Status != 404 {
		t.Errorf("a group of an earlier operation is still there: %s", a.Body)
	}
	if a := w.realm.Admin("GET", "/groups/"+made.ID(), ""); a.Status != 404 {
		t.Errorf("a group of an earlier request is still there: %s", a.Body)
	}
}

// An account that has lost its permissions is a fault, not a tenant without users.
func TestLostPermissions(t *testing.T) {
	w := newTwo(t)
	if a := w.realm.Admin("PUT", "", `{"adminPermissionsEnabled":false}`); a.Status != 204 {
		t.Fatal(a.Status)
	}
	_, get := w.a.Get(t.Context(), scim.Ref{Type: scim.User, ID: w.userA.ID()}, directory.Fields{})
	_, made := w.a.Create(t.Context(), scim.User, directorytest.Sample(9))
	_, group := w.a.Create(t.Context(), scim.Group, document.Must(`{"displayName":"g"}`))
	for what, err := range map[string]error{"get": get, "create": made, "group": group} {
		if f, broken := fault.In(err); !broken || f.Cause != fault.Group {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// An account with a role for the whole realm does not serve a group: Keycloak would not confine it.
func TestPowerfulAccount(t *testing.T) {
	w := newTwo(t)
	w.acme.ClientID = "powerful"
	w.acme.Secret = w.realm.ServiceAccount("powerful", "manage-users")
	d := tenantOf(t, w.realm, w.acme)
	user, group := scim.Ref{Type: scim.User, ID: w.user.ID()}, scim.Ref{Type: scim.Group, ID: w.groupB.ID()}
	_, get := d.Get(t.Context(), user, directory.Fields{})
	_, read := d.Get(t.Context(), group, directory.Fields{})
	_, update := d.Update(t.Context(), user, func(r scim.Resource) (scim.Resource, error) { return r.With("active", "false"), nil })
	_, made := d.Create(t.Context(), scim.User, directorytest.Sample(9))
	_, claimed := d.Create(t.Context(), scim.Group, document.Must(`{"displayName":"g"}`))
	_, users := d.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 10})
	_, groups := d.List(t.Context(), directory.Query{Type: scim.Group, Start: 1, Count: 10})
	for what, err := range map[string]error{
		"get": get, "get of a group": read, "update": update, "create": made, "create of a group": claimed, "list": users, "list of groups": groups,
		"delete": d.Delete(t.Context(), user), "delete of a group": d.Delete(t.Context(), group),
		"join": d.ChangeMembers(t.Context(), group, directory.MemberChange{Add: []string{user.ID}}),
	} {
		if f, broken := fault.In(err); !broken || f.Cause != fault.Excess {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// An account that gets a permission too many while it is used is noticed within a minute.
func TestWidenedAccount(t *testing.T) {
	for what, widen := range map[string]func(r *kctest.Realm, g kctest.GroupTenant){
		"may view all users":   func(r *kctest.Realm, g kctest.GroupTenant) { r.Permit(g, "wide", "Users", `"view"`) },
		"may manage all users": func(r *kctest.Realm, g kctest.GroupTenant) { r.Permit(g, "wide", "Users", `"view","manage"`) },
	} {
		r, clock := kctest.NewRealm(t), time.Now()
		g := r.NewGroupTenant("acme", 1, false)
		outsider := scim.Ref{Type: scim.User, ID: r.NewUser("outsider")}
		d := tenantAfter(t, func() time.Time { return clock }, http.DefaultTransport, r.Server.URL, r, g)
		create(t, d, scim.User, directorytest.Sample(1))
		widen(r, g)
		clock = clock.Add(time.Minute)
		_, get := d.Get(t.Context(), outsider, directory.Fields{})
		_, list := d.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 10})
		_, made := d.Create(t.Context(), scim.User, directorytest.Sample(2))
		for verb, err := range map[string]error{"get": get, "list": list, "create": made, "delete": d.Delete(t.Context(), outsider)} {
			if f, broken := fault.In(err); !broken || f.Cause != fault.Excess {
				t.Errorf("an account that %s: %s: %v", what, verb, err)
			}
		}
	}
}

// losing loses the answers to changes that contain a text, after Keycloak has received them.
type losing struct{ text string }

func (l *losing) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if r.Method != http.MethodGet && l.text != "" && bytes.Contains(body, []byte(l.text)) {
		return nil, errors.New("no answer")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// A claim without an answer may still rename its group. Until it no longer can, no other create
// takes that group.
func TestClaimInDoubt(t *testing.T) {
	r, wire := kctest.NewRealm(t), &losing{text: "late"}
	g := r.NewGroupTenant("acme", 3, false)
	d := tenantOver(t, wire, r.Server.URL, r, g)
	ctx, outcome := directory.WithOutcome(t.Context())
	if _, err := d.Create(ctx, scim.Group, document.Must(`{"displayName":"late"}`)); scim.Status(err) != 503 || !outcome.InDoubt() {
		t.Fatalf("%v, in doubt: %t", err, outcome.InDoubt())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel() // so that it does not wait
	if made, err := d.Create(ended, scim.Group, document.Must(`{"displayName":"next"}`)); !errors.Is(err, errLocked) || scim.Status(err) != 503 {
		t.Errorf("the next create: %s %v", made, err)
	}
	// An answer that refuses the claim leaves no doubt.
	d = tenantOver(t, wire, r.Server.URL, r, g)
	create(t, d, scim.Group, document.Must(`{"displayName":"one"}`))
	if _, err := d.Create(t.Context(), scim.Group, document.Must(`{"displayName":"one"}`)); scim.Status(err) != 409 {
		t.Error(err)
	}
	create(t, d, scim.Group, document.Must(`{"displayName":"two"}`))
}

// A group is not given back if members may still be added to it: they would be members of the next
// group.
func TestGroupInDoubtIsNotGivenBack(t *testing.T) {
	r, wire := kctest.NewRealm(t), &losing{}
	d := tenantOver(t, wire, r.Server.URL, r, r.NewGroupTenant("acme", 1, false))
	user := create(t, d, scim.User, directorytest.Sample(1))
	ctx, outcome := directory.WithOutcome(t.Context())
	made, err := d.Create(ctx, scim.Group, document.Must(`{"displayName":"g"}`))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.Group, ID: made.ID()}
	wire.text = user.ID()
	if err := d.ChangeMembers(ctx, ref, directory.MemberChange{Add: []string{user.ID()}}); err == nil || !outcome.InDoubt() {
		t.Fatalf("%v, in doubt: %t", err, outcome.InDoubt())
	}
	wire.text = ""
	if err := d.Delete(ctx, ref); err != nil {
		t.Fatal(err)
	}
	if a := r.Admin("GET", "/groups/"+ref.ID, ""); a.Status != 404 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// counting counts the calls to Keycloak, without token requests.
type counting struct{ calls atomic.Int64 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") != "" {
		c.calls.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestCalls checks how many calls to Keycloak each operation makes, after the first one.
func TestCalls(t *testing.T) {
	r, wire := kctest.NewRealm(t), &counting{}
	d := tenantOver(t, wire, r.Server.URL, r, r.NewGroupTenant("acme", 3, false))
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
	list := func(q directory.Query) func() error {
		return func() error { q.Start, q.Count = 1, 10; _, err := d.List(t.Context(), q); return err }
	}
	create(t, d, scim.User, directorytest.Sample(1))
	var user, group scim.Ref
	count("create", 2, func() error {
		made, err := d.Create(t.Context(), scim.User, directorytest.Sample(2))
		user = scim.Ref{Type: scim.User, ID: made.ID()}
		return err
	})
	count("get", 1, func() error { _, err := d.Get(t.Context(), user, directory.Fields{}); return err })
	count("update", 2, func() error {
		_, err := d.Update(t.Context(), user, func(r scim.Resource) (scim.Resource, error) {
			return r.Set(scim.MustPath("name.givenName"), `"A"`), nil
		})
		return err
	})
	count("a name that is taken", 3, func() error {
		_, err := d.Update(t.Context(), user, func(r scim.Resource) (scim.Resource, error) { return r.With("userName", `"sample1"`), nil })
		if scim.Status(err) != 409 {
			return err
		}
		return nil
	})
	count("list", 1, list(directory.Query{Type: scim.User}))
	count("create of a group", 3, func() error {
		made, err := d.Create(t.Context(), scim.Group, document.Must(`{"displayName":"g","externalId":"e"}`))
		group = scim.Ref{Type: scim.Group, ID: made.ID()}
		return err
	})
	count("get of a group", 1, func() error { _, err := d.Get(t.Context(), group, directory.Fields{}); return err })
	count("list of groups", 2, list(directory.Query{Type: scim.Group}))
	count("list of their names", 1, list(directory.Query{Type: scim.Group, Fields: directory.Fields{Only: []string{"displayname"}}}))
	count("join", 2, func() error {
		return d.ChangeMembers(t.Context(), group, directory.MemberChange{Add: []string{user.ID}})
	})
	count("members", 2, func() error { _, err := d.Get(t.Context(), group, directory.Fields{Members: true}); return err })
	count("delete of a group", 2, func() error { return d.Delete(t.Context(), group) })
	ctx, _ := directory.WithOutcome(t.Context())
	made, err := d.Create(ctx, scim.Group, document.Must(`{"displayName":"h","externalId":"e"}`))
	if err != nil {
		t.Fatal(err)
	}
	group.ID = made.ID()
	count("a group that is given back", 4, func() error { return d.Delete(ctx, group) })
	count("delete", 1, func() error { return d.Delete(t.Context(), user) })
	d = tenantOver(t, wire, r.Server.URL, r, r.NewGroupTenant("beta", 0, true))
	create(t, d, scim.User, directorytest.Sample(3))
	count("create with an organization", 3, func() error { _, err := d.Create(t.Context(), scim.User, directorytest.Sample(4)); return err })
}
