package kctest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
)

// GroupTenant is a tenant that Keycloak confines to one group of a realm: the account of the client
// has no permission on anything but the group, the groups of its pool, and the organization.
type GroupTenant struct {
	Name, ClientID, Secret string
	// Account is the id of the service account's user, Policy that of the policy that names it.
	Account, Policy string
	// Group is the id of the tenant's group, Path its path.
	Group, Path string
	// Pool has the ids of the child groups, of which those with a name like ~free-0001 are free.
	Pool []string
	// Organization is the id of the tenant's organization, "" if it has none.
	Organization string
}

// The scopes of a group tenant. No scope of the type Users may be among them: it would reach all
// users of the realm.
const (
	groupScopes        = `"view","view-members","manage-members","manage-membership","manage-membership-of-members"`
	poolScopes         = `"view","manage","manage-membership"` // with view-members, each list of users is slower by the number of groups
	organizationScopes = `"view","manage"`
)

// NewGroupTenant makes a group tenant with a pool of free groups, and an organization if wanted.
func (r *Realm) NewGroupTenant(name string, pool int, organization bool) GroupTenant {
	r.t.Helper()
	r.must(r.Admin("PUT", "", `{"adminPermissionsEnabled":true,"organizationsEnabled":true}`))
	t := GroupTenant{Name: name, ClientID: "scim-" + name, Path: "/tenant-" + name}
	t.Group = r.Made(r.Admin("POST", "/groups", fmt.Sprintf(`{"name":%q}`, t.Path[1:])))
	t.Secret = r.ServiceAccount(t.ClientID, "query-users", "query-groups")
	client := r.id(r.Admin("GET", "/clients?clientId="+t.ClientID, ""))
	r.narrow(client, "query-users", "query-groups")
	t.Account = r.id(r.Admin("GET", "/clients/"+client+"/service-account-user", ""))
	t.Policy = r.id(r.Admin("POST", r.permissions()+"/policy/user", fmt.Sprintf(`{"name":%q,"users":[%q],"logic":"POSITIVE"}`, "is-"+name, t.Account)))
	r.Permit(t, "own", "Groups", groupScopes, t.Group)
	r.Refill(&t, pool)
	if organization {
		t.Organization = r.Made(r.Admin("POST", "/organizations", fmt.Sprintf(`{"name":%q,"alias":%q,"domains":[{"name":%q}]}`, name, name, name+".test")))
		r.Permit(t, "organization", "Organizations", organizationScopes, t.Organization)
	}
	return t
}

// narrow switches the full scope of a client off, and adds roles of realm-management to its scope.
func (r *Realm) narrow(client string, roles ...string) {
	r.t.Helper()
	r.must(r.Admin("PUT", "/clients/"+client, `{"fullScopeAllowed":false}`))
	management := r.id(r.Admin("GET", "/clients?clientId=realm-management", ""))
	var mapped []string
	for _, role := range roles {
		mapped = append(mapped, string(r.must(r.Admin("GET", "/clients/"+management+"/roles/"+role, "")).Body))
	}
	r.must(r.Admin("POST", "/clients/"+client+"/scope-mappings/clients/"+management, "["+strings.Join(mapped, ",")+"]"))
}

// permissions is the path of the realm's fine-grained permissions.
func (r *Realm) permissions() string {
	r.t.Helper()
	return "/clients/" + r.id(r.Admin("GET", "/clients?clientId=admin-permissions", "")) + "/authz/resource-server"
}

// Permit gives the account of a tenant scopes (quoted, with commas) on resources; without resources
// on all of the type. The name is unique within the tenant. The function takes them back.
func (r *Realm) Permit(t GroupTenant, name, kind, scopes string, resources ...string) (undo func()) {
	r.t.Helper()
	list, err := json.Marshal(append([]string{}, resources...))
	if err != nil {
		r.t.Fatal(err)
	}
	id := r.id(r.Admin("POST", r.permissions()+"/permission/scope", fmt.Sprintf(
		`{"name":%q,"type":"scope","resourceType":%q,"scopes":[%s],"resources":%s,"policies":[%q],"decisionStrategy":"UNANIMOUS"}`,
		t.Name+"-"+name, kind, scopes, list, t.Policy)))
	return func() { r.must(r.Admin("DELETE", r.permissions()+"/permission/scope/"+id, "")) }
}

// Grant gives a service account a role of realm-management more, which is also in the scope of its
// client. The function takes it back.
func (r *Realm) Grant(clientID, role string) (undo func()) {
	r.t.Helper()
	client, management := r.id(r.Admin("GET", "/clients?clientId="+clientID, "")), r.id(r.Admin("GET", "/clients?clientId=realm-management", ""))
	account := r.id(r.Admin("GET", "/clients/"+client+"/service-account-user", ""))
	list := "[" + string(r.must(r.Admin("GET", "/clients/"+management+"/roles/"+role, "")).Body) + "]"
	both := []string{"/users/" + account + "/role-mappings/clients/" + management, "/clients/" + client + "/scope-mappings/clients/" + management}
	for _, path := range both {
		r.must(r.Admin("POST", path, list))
	}
	return func() {
		for _, path := range both {
			r.must(r.Admin("DELETE", path, list))
		}
	}
}

// Refill adds free groups to the pool of a tenant.
func (r *Realm) Refill(t *GroupTenant, more int) {
	r.t.Helper()
	if more == 0 {
		return
	}
	var added []string
	for range more {
		name := fmt.Sprintf("~free-%04d", len(t.Pool)+len(added))
		added = append(added, r.Made(r.Admin("POST", "/groups/"+t.Group+"/children", fmt.Sprintf(`{"name":%q}`, name))))
	}
	r.Permit(*t, "pool-"+rand.Text()[:6], "Groups", poolScopes, added...)
	t.Pool = append(t.Pool, added...)
}

// Made returns the id of what a request has made: the end of its location.
func (r *Realm) Made(a Reply) string {
	r.t.Helper()
	location := r.must(a).Header.Get("Location")
	return location[strings.LastIndexByte(location, '/')+1:]
}

// NewUser makes a user in groups, by their paths, with an e-mail address of its name.
func (r *Realm) NewUser(name string, groups ...string) string {
	r.t.Helper()
	list, err := json.Marshal(append([]string{}, groups...))
	if err != nil {
		r.t.Fatal(err)
	}
	return r.Made(r.Admin("POST", "/users", fmt.Sprintf(`{"username":%q,"enabled":true,"email":%q,"firstName":"F","lastName":"L","groups":%s}`, name, name+"@example.com", list)))
}

// MakeAdmin gives a user the role realm-admin.
func (r *Realm) MakeAdmin(user string) {
	r.t.Helper()
	r.grantAdmin("/users/" + user)
}

// MapAdmin gives a group the role realm-admin.
func (r *Realm) MapAdmin(group string) {
	r.t.Helper()
	r.grantAdmin("/groups/" + group)
}

func (r *Realm) grantAdmin(holder string) {
	r.t.Helper()
	management := r.id(r.Admin("GET", "/clients?clientId=realm-management", ""))
	role := r.must(r.Admin("GET", "/clients/"+management+"/roles/realm-admin", "")).Body
	r.must(r.Admin("POST", holder+"/role-mappings/clients/"+management, "["+string(role)+"]"))
}
