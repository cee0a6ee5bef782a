package security

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/onboarding/attacks"
	"keycloak-scim-proxy/test/kctest"
)

// account is a group tenant in Keycloak itself, whose token is used without the proxy.
type account struct {
	kctest.GroupTenant
	realm *kctest.Realm
	user  string
}

func (a account) send(t *testing.T) attacks.Send {
	return func(x attacks.Attack) (int, error) {
		t.Helper()
		return a.reply(t, x.API, x.Method, x.Path, x.Body).Status, nil
	}
}

func (a account) reply(t *testing.T, api attacks.API, method, path, body string) kctest.Reply {
	t.Helper()
	token := a.realm.Token(a.ClientID, a.Secret)
	if api == attacks.SCIM {
		return a.realm.SCIM(token, method, path, body)
	}
	return a.realm.AdminAs(token, method, path, body)
}

// confinement is a realm with two group tenants and much that belongs to neither.
type confinement struct {
	realm      *kctest.Realm
	acme, beta account
	own        attacks.Own
	foreign    attacks.Foreign
	// root is the secret of an account that manages the users of the realm.
	root string
}

func newConfinement(t *testing.T) *confinement {
	t.Helper()
	c := &confinement{realm: kctest.NewRealm(t)}
	for _, a := range []*account{&c.acme, &c.beta} {
		name := map[bool]string{true: "acme", false: "beta"}[a == &c.acme]
		*a = account{GroupTenant: c.realm.NewGroupTenant(name, 3, true), realm: c.realm}
		made := a.reply(t, attacks.Admin, "POST", "/users", fmt.Sprintf(`{"username":"u-%s","enabled":true,"email":"u@%s.test","firstName":"F","lastName":"L","groups":[%q]}`, name, name, a.Path))
		a.user = c.realm.Made(made)
	}
	c.root = c.realm.ServiceAccount("root", "manage-users")
	loose := c.realm.Made(c.realm.Admin("POST", "/groups", `{"name":"loose"}`))
	admins := c.realm.Made(c.realm.Admin("POST", "/groups", `{"name":"admins"}`))
	c.realm.MapAdmin(admins)
	boss := c.realm.NewUser("boss")
	c.realm.MakeAdmin(boss)
	c.own = attacks.Own{Group: c.acme.Group, Path: c.acme.Path, Child: c.acme.Pool[0], User: c.acme.user, Organization: c.acme.Organization}
	c.foreign = attacks.Foreign{
		Users: []attacks.User{
			{Who: "a user of the other tenant", ID: c.beta.user}, {Who: "a user of no tenant", ID: c.realm.NewUser("outsider")},
			{Who: "a realm administrator", ID: boss}, {Who: "a user of both tenants", ID: c.realm.NewUser("both", c.acme.Path, c.beta.Path)},
		},
		Groups: []attacks.Group{
			{Who: "the other tenant's group", ID: c.beta.Group, Path: c.beta.Path}, {Who: "a group of the other tenant's pool", ID: c.beta.Pool[0], Path: c.beta.Path + "/~free-0000"},
			{Who: "a group of no tenant", ID: loose, Path: "/loose"}, {Who: "a group that maps an administrator's role", ID: admins, Path: "/admins"},
		},
		Organization: c.beta.Organization, Account: c.acme.Account,
		Client: c.client(c.acme.ClientID), OtherClient: c.client(c.beta.ClientID), Permissions: c.client("admin-permissions"),
	}
	c.realm.Admin("POST", "/roles", `{"name":"plain"}`)
	if err := json.Unmarshal(c.realm.Admin("GET", "/roles/plain", "").Body, &c.foreign.Role); err != nil {
		t.Fatal(err)
	}
	return c
}

// client returns the id of a client.
func (c *confinement) client(clientID string) string {
	return gjson.GetBytes(c.realm.Admin("GET", "/clients?clientId="+clientID, "").Body, "0.id").String()
}

// state is everything that the attacks try to change, as the administrator sees it.
func (c *confinement) state() map[string]string {
	paths := []string{"", "/users/profile", "/users?max=100&briefRepresentation=false", "/groups?max=100&briefRepresentation=false", "/roles", "/clients?max=100", "/organizations"}
	for _, u := range c.foreign.Users {
		for _, part := range []string{"", "/groups", "/role-mappings", "/credentials", "/federated-identity"} {
			paths = append(paths, "/users/"+u.ID+part)
		}
	}
	for _, g := range append(c.foreign.Groups, attacks.Group{ID: c.own.Group}, attacks.Group{ID: c.own.Child}) {
		for _, part := range []string{"", "/members", "/children", "/role-mappings"} {
			paths = append(paths, "/groups/"+g.ID+part)
		}
	}
	for _, o := range []string{c.own.Organization, c.foreign.Organization} {
		paths = append(paths, "/organizations/"+o, "/organizations/"+o+"/members")
	}
	out := map[string]string{}
	for _, p := range paths {
		out[p] = string(c.realm.Admin("GET", p, "").Body)
	}
	return out
}

// The account of a group tenant does everything with its own users and groups, and nothing with
// others: Keycloak itself refuses every attack with the account's own token, by both APIs.
func TestAccountOfAGroupTenant(t *testing.T) {
	c := newConfinement(t)
	ownCalls(t, c)
	before := c.state()
	succeeded, err := attacks.Run(attacks.All(c.own, c.foreign), c.acme.send(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range succeeded {
		t.Error(s)
	}
	for path, now := range c.state() {
		if words(now) != words(before[path]) {
			t.Errorf("%s was\n%s\nand is\n%s", path, before[path], now)
		}
	}
	injected := c.acme.reply(t, attacks.Admin, "POST", "/users", fmt.Sprintf(
		`{"username":"injected","enabled":true,"email":"i@acme.test","firstName":"F","lastName":"L","groups":[%q],"realmRoles":["offline_access"],"clientRoles":{"realm-management":["realm-admin"]}}`, c.acme.Path))
	roles := c.realm.Admin("GET", "/users/"+c.realm.Made(injected)+"/role-mappings", "")
	if strings.Contains(string(roles.Body), "realm-admin") {
		t.Errorf("a create injects roles: %s", roles.Body)
	}
}

// A probe changes nothing, also if an administrator sends it, who is never answered 403: so the
// answer shows the permission, and it may be sent to a realm in production.
func TestProbes(t *testing.T) {
	c := newConfinement(t)
	before := c.state()
	sent := 0
	for _, a := range attacks.UpTo(attacks.Nothing, attacks.All(c.own, c.foreign)) {
		send := c.realm.AdminAs
		token := c.realm.AdminToken()
		if a.API == attacks.SCIM {
			send, token = c.realm.SCIM, c.realm.Token("root", c.root)
		}
		if status := send(token, a.Method, a.Path, a.Body).Status; a.Probe && a.Refused(status) || status == 401 {
			t.Errorf("%s %s: %d", a.Method, a.Path, status)
		}
		sent++
	}
	for path, now := range c.state() {
		if words(now) != words(before[path]) {
			t.Errorf("%s was\n%s\nand is\n%s", path, before[path], now)
		}
	}
	if sent < 50 {
		t.Error(sent)
	}
}

// words are the names and values of a document, in order: Keycloak lists some without one.
func words(document string) string {
	all := strings.FieldsFunc(document, func(r rune) bool { return strings.ContainsRune("[]{},", r) })
	slices.Sort(all)
	return strings.Join(all, ",")
}

// The attacks notice a permission too many.
func TestAttacksNoticeAWidenedAccount(t *testing.T) {
	for name, widen := range map[string]func(c *confinement){
		"all users": func(c *confinement) { c.realm.Permit(c.acme.GroupTenant, "wide", "Users", `"manage","view"`) },
		"a group of no tenant": func(c *confinement) {
			c.realm.Permit(c.acme.GroupTenant, "wide", "Groups", `"manage-membership"`, c.foreign.Groups[2].ID)
		},
		"the group of administrators": func(c *confinement) {
			c.realm.Permit(c.acme.GroupTenant, "wide", "Groups", `"manage-members","view-members","manage-membership"`, c.foreign.Groups[3].ID)
		},
		"its own group": func(c *confinement) { c.realm.Permit(c.acme.GroupTenant, "wide", "Groups", `"manage"`, c.acme.Group) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newConfinement(t)
			widen(c)
			succeeded, err := attacks.Run(attacks.All(c.own, c.foreign), c.acme.send(t))
			if len(succeeded) == 0 { // one that deletes the account itself ends the others
				t.Errorf("no attack succeeds: %v", err)
			}
		})
	}
}

// A permission of one tenant on what another one has opens it for no account: Keycloak asks all
// permissions on an object to agree (measured), so the other tenant loses it too.
func TestPermissionOnAnotherTenant(t *testing.T) {
	c := newConfinement(t)
	c.realm.Permit(c.acme.GroupTenant, "foreign-group", "Groups", `"view"`, c.beta.Group)
	c.realm.Permit(c.acme.GroupTenant, "foreign-pool", "Groups", `"manage"`, c.beta.Pool[0])
	c.realm.Permit(c.acme.GroupTenant, "foreign-organization", "Organizations", `"view"`, c.beta.Organization)
	succeeded, err := attacks.Run(attacks.All(c.own, c.foreign), c.acme.send(t))
	if err != nil || len(succeeded) > 0 {
		t.Errorf("%v, %v", succeeded, err)
	}
	if a := c.beta.reply(t, attacks.Admin, "GET", "/groups/"+c.beta.Group, ""); a.Status != 403 {
		t.Errorf("the other tenant's own group: %d", a.Status)
	}
}

// ownCalls are the calls that a group tenant is served with.
func ownCalls(t *testing.T, c *confinement) {
	t.Helper()
	child := "/Groups/" + c.acme.Pool[1]
	for _, row := range []struct {
		api          attacks.API
		method, path string
		body         string
		status       int
		shows        string // gjson path and text
	}{
		{attacks.SCIM, "GET", "/Users", "", 200, ""},
		{attacks.SCIM, "GET", "/Users/" + c.acme.user, "", 200, "userName u-acme"},
		{attacks.SCIM, "PATCH", "/Users/" + c.acme.user, patch(`{"op":"replace","path":"name.givenName","value":"N"}`), 200, "name.givenName N"},
		{attacks.Admin, "POST", "/users/" + c.acme.user + "/logout", "", 204, ""},
		{attacks.Admin, "GET", "/users/profile", "", 200, ""},
		{attacks.Admin, "GET", "/group-by-path" + c.acme.Path, "", 200, "id " + c.acme.Group},
		{attacks.SCIM, "PATCH", child, patch(`{"op":"replace","path":"displayName","value":"Engineering"}`, `{"op":"replace","path":"externalId","value":"e1"}`), 200, "displayName Engineering"},
		{attacks.SCIM, "PATCH", "/Groups/" + c.acme.Pool[0], patch(`{"op":"replace","path":"displayName","value":"Engineering"}`), 409, ""},
		{attacks.SCIM, "PATCH", child, patch(`{"op":"add","path":"members","value":[{"value":"` + c.acme.user + `"}]}`), 200, ""},
		{attacks.SCIM, "GET", "/Users?attributes=userName&filter=groups.value+eq+%22" + c.acme.Pool[1] + "%22", "", 200, "totalResults 1"},
		{attacks.Admin, "GET", "/groups/" + c.acme.Group + "/children?max=100", "", 200, "#(name==Engineering).id " + c.acme.Pool[1]},
		{attacks.Admin, "GET", "/groups/" + c.acme.Group + "/members?max=1000", "", 200, ""},
		{attacks.Admin, "POST", "/organizations/" + c.acme.Organization + "/members", `"` + c.acme.user + `"`, 201, ""},
		{attacks.SCIM, "DELETE", "/Groups/" + c.acme.Pool[2], "", 204, ""},
	} {
		a := c.acme.reply(t, row.api, row.method, row.path, row.body)
		path, want, _ := strings.Cut(row.shows, " ")
		if a.Status != row.status || path != "" && gjson.GetBytes(a.Body, path).String() != want {
			t.Errorf("%s %s: %d %s", row.method, row.path, a.Status, a.Body)
		}
	}
	if a := c.beta.reply(t, attacks.SCIM, "PATCH", "/Groups/"+c.beta.Pool[1], patch(`{"op":"replace","path":"displayName","value":"Engineering"}`)); a.Status != 200 {
		t.Errorf("the same name in the other tenant: %d %s", a.Status, a.Body)
	}
	var users struct{ Resources []struct{ ID string } }
	if a := c.acme.reply(t, attacks.SCIM, "GET", "/Users?attributes=userName", ""); json.Unmarshal(a.Body, &users) != nil || strings.Contains(string(a.Body), "u-beta") || strings.Contains(string(a.Body), "outsider") {
		t.Errorf("the list shows others: %s", a.Body)
	}
}
