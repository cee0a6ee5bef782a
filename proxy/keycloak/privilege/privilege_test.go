package privilege_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/privilege"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// check asks Keycloak with a new token of an account.
func check(t *testing.T, r *kctest.Realm, clientID, secret, group string) error {
	t.Helper()
	client := keycloak.NewClient(r.Server.URL, http.DefaultTransport, time.Minute, 4)
	account := keycloak.NewAccount(client, r.Name, clientID, func() (string, error) { return secret, nil }, time.Now)
	return privilege.New(account, group, time.Now).Check(t.Context())
}

// names fails the test unless the error is the fault of a right that is too much, which it names.
func names(t *testing.T, what string, err error, right string) {
	t.Helper()
	if f, broken := fault.In(err); !broken || f.Cause != fault.Excess || !strings.Contains(f.Said, right) {
		t.Errorf("%s: %v, want %q", what, err, right)
	}
}

// An account as docs/accounts.md describes it may do no more than it needs, whatever the tenant
// has. Each role and permission more is found, and the answer is again good without it.
func TestGroupTenant(t *testing.T) {
	r := kctest.NewRealm(t)
	g, other := r.NewGroupTenant("acme", 3, true), r.NewGroupTenant("beta", 2, true)
	loose := r.Made(r.Admin("POST", "/groups", `{"name":"loose"}`))
	r.NewUser("outsider", "/loose")
	r.NewUser("beatrice", other.Path)
	ask := func() error { return check(t, r, g.ClientID, g.Secret, g.Path[1:]) }
	if err := ask(); err != nil {
		t.Fatalf("a tenant without users: %v", err)
	}
	user := r.NewUser("anna", g.Path)
	shared := r.NewUser("zoe", g.Path, other.Path)
	if err := ask(); err != nil {
		t.Fatalf("a tenant with a user that another tenant has too: %v", err)
	}
	r.Admin("DELETE", "/users/"+shared, "")
	for role, right := range map[string]string{
		"create-client": "register clients", "impersonation": "sign in as any user", "manage-clients": "manage clients", "view-clients": "see clients", "query-clients": "see clients",
		"manage-events": "see events", "view-events": "see events", "manage-identity-providers": "see identity providers", "view-identity-providers": "see identity providers",
		"manage-organizations": "make organizations", "view-organizations": "see all organizations", "query-organizations": "see all organizations",
		"manage-realm": "read the settings of the realm", "view-realm": "see roles", "realm-admin": "create groups", "manage-users": "create users outside", "view-users": "see all users",
	} {
		undo := r.Grant(g.ClientID, role)
		names(t, "role "+role, ask(), right)
		undo()
	}
	for _, row := range []struct {
		kind, scope, right string
		on                 []string
	}{
		{"Users", "view", "see all users", nil},
		{"Users", "view", "users who are not members", []string{r.NewUser("eve")}},
		{"Users", "manage", "create users outside", nil},
		{"Users", "reset-password", "set the password", nil},
		{"Users", "manage-group-membership", "change the groups of every user", nil},
		{"Users", "map-roles", "change the roles of every user", nil},
		{"Users", "map-roles", "change the roles of users of its group", []string{user}},
		{"Users", "impersonate", "sign in as any user", nil},
		{"Users", "impersonate", "sign in as users of its group", []string{user}},
		{"Groups", "impersonate-members", "sign in as users of its group", []string{g.Group}},
		{"Groups", "view", "more groups", nil},
		{"Groups", "view", "see 1 more groups", []string{loose}},
		{"Groups", "view", "see 1 more groups", []string{other.Pool[0]}},
		{"Groups", "manage", "rename and delete its own group", []string{g.Group}},
		{"Groups", "view-members", "by groups of the pool", []string{g.Pool[2]}},
		{"Groups", "manage-members", "by groups of the pool", []string{g.Pool[0]}},
		{"Groups", "view-members", "users who are not members", []string{other.Group}},
		{"Clients", "view", "see clients", nil},
		{"Clients", "manage", "manage clients", nil},
		{"Roles", "map-role", "give roles", nil},
		{"Organizations", "view", "see all organizations", nil},
		{"Organizations", "manage", "make organizations", nil},
	} {
		undo := r.Permit(g, "more", row.kind, `"`+row.scope+`"`, row.on...)
		names(t, fmt.Sprint(row), ask(), row.right)
		undo()
	}
	if err := ask(); err != nil {
		t.Errorf("without any of them: %v", err)
	}
}

// The account of a whole realm has manage-users, and no other role.
func TestRealmTenant(t *testing.T) {
	r := kctest.NewRealm(t)
	r.Admin("PUT", "", `{"adminPermissionsEnabled":true,"organizationsEnabled":true}`)
	secret := r.ServiceAccount("scim", "manage-users")
	ask := func() error { return check(t, r, "scim", secret, "") }
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	for role, right := range map[string]string{
		"create-client": "register clients", "impersonation": "sign in as any user", "view-clients": "see clients", "view-events": "see events", "view-realm": "read the settings",
		"view-identity-providers": "see identity providers", "query-organizations": "see all organizations", "realm-admin": "manage clients",
	} {
		undo := r.Grant("scim", role)
		names(t, "role "+role, ask(), right)
		undo()
	}
	undo := r.Grant("scim", "view-users") // harmless beside manage-users
	if err := ask(); err != nil {
		t.Error(err)
	}
	undo()
}

// The requests change nothing, whatever the account may do.
func TestChangesNothing(t *testing.T) {
	r := kctest.NewRealm(t)
	g := r.NewGroupTenant("acme", 2, true)
	r.NewUser("anna", g.Path)
	r.Grant(g.ClientID, "realm-admin")
	seen := func() (all []string) {
		for _, path := range []string{"/clients", "/users?max=100", "/organizations", "/groups", "/users/" + g.Account + "/sessions", "/users/" + g.Account + "/role-mappings", "/users/" + g.Account + "/groups", "/users/" + g.Account + "/credentials"} {
			var ids []string // the order of other things differs from time to time
			for part := range strings.SplitSeq(string(r.Admin("GET", path, "").Body), `"id":"`) {
				ids = append(ids, part[:min(len(part), 36)])
			}
			all = append(all, path+": "+strings.Join(ids, " "))
		}
		return all
	}
	before := seen()
	names(t, "realm-admin", check(t, r, g.ClientID, g.Secret, g.Path[1:]), "manage clients")
	for i, now := range seen() {
		if now != before[i] {
			t.Errorf("%s\nwas %s", now, before[i])
		}
	}
}

// fake is a Keycloak that answers by the end of the path. Others are 403.
type fake struct {
	calls atomic.Int64
	says  map[string]func(n int) (int, string)
	asked map[string]int
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		_, _ = w.Write([]byte(`{"access_token":"x.eyJzdWIiOiJzIn0.x","expires_in":60}`))
		return
	}
	f.calls.Add(1)
	for end, says := range f.says {
		if strings.HasSuffix(r.URL.Path, end) {
			f.asked[end]++
			status, body := says(f.asked[end])
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return
		}
	}
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(`{"error":"HTTP 403 Forbidden"}`))
}

func always(status int, body string) func(int) (int, string) {
	return func(int) (int, string) { return status, body }
}

func guard(t *testing.T, says map[string]func(int) (int, string), now func() time.Time) (*privilege.Guard, *fake) {
	t.Helper()
	f := &fake{says: says, asked: map[string]int{}}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	account := keycloak.NewAccount(keycloak.NewClient(srv.URL, http.DefaultTransport, time.Minute, 4), "acme", "scim", func() (string, error) { return "s", nil }, time.Now)
	return privilege.New(account, "acme", now), f
}

func tenant(more map[string]func(int) (int, string)) map[string]func(int) (int, string) {
	says := map[string]func(int) (int, string){
		"/group-by-path/acme": always(200, `{"id":"g"}`), "/groups/count": always(200, `{"count":3}`), "/groups/g": always(200, `{"id":"g","subGroupCount":2}`),
		"/users/count": always(200, `1`), "/groups/g/members": always(200, `[{"id":"u"}]`), "/groups/g/children": always(200, `[]`),
	}
	maps.Copy(says, more)
	return says
}

// A group or a user that comes or goes between two requests is not a right. A check has a bounded
// number of calls, and requests ask only once.
func TestRaces(t *testing.T) {
	once := func(first, then string) func(int) (int, string) {
		return func(n int) (int, string) { return 200, map[bool]string{true: first, false: then}[n == 1] }
	}
	for what, more := range map[string]map[string]func(int) (int, string){
		"a group is deleted": {"/groups/count": once(`{"count":4}`, `{"count":3}`)},
		"a user is deleted":  {"/groups/g/members": once(`[]`, `[{"id":"u"}]`)},
		"no user":            {"/users/count": always(200, `0`), "/groups/g/members": always(200, `[]`)},
	} {
		g, f := guard(t, tenant(more), time.Now)
		if err := g.Allow(t.Context()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		before := f.calls.Load()
		if err := g.Allow(t.Context()); err != nil || f.calls.Load() != before || before > 30 {
			t.Errorf("%s: %v, %d calls, then %d", what, err, before, f.calls.Load()-before)
		}
	}
}

// A right that was found stays until a check finds that it is gone. A check that could not decide
// proves nothing, and does not stop the tenant; a caller that goes away does not stop others.
func TestGuardRemembers(t *testing.T) {
	now, state := time.Now(), 200
	says := tenant(map[string]func(int) (int, string){"/roles": func(int) (int, string) { return state, `[]` }})
	g, f := guard(t, says, func() time.Time { return now })
	names(t, "the first request", g.Allow(t.Context()), "see roles")
	calls := f.calls.Load()
	names(t, "the next one", g.Allow(t.Context()), "see roles")
	if f.calls.Load() != calls {
		t.Error("a request asks again")
	}
	state = 503
	if err := g.Check(t.Context()); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("undecided: %v", err)
	}
	names(t, "after a check that decides nothing", g.Allow(t.Context()), "see roles")
	state = 403
	if err := errors.Join(g.Check(t.Context()), g.Allow(t.Context())); err != nil {
		t.Error(err)
	}
	state = 503
	g, f = guard(t, says, func() time.Time { return now })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Allow(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone: %v", err)
	}
	var seen []int64
	for _, wait := range []time.Duration{0, time.Second, time.Minute} {
		now = now.Add(wait)
		if err := g.Allow(t.Context()); err != nil {
			t.Errorf("undecided: %v", err)
		}
		seen = append(seen, f.calls.Load())
	}
	if seen[0] == 0 || seen[1] != seen[0] || seen[2] <= seen[1] || !slices.IsSorted(seen) {
		t.Errorf("calls after each request: %d", seen)
	}
}
