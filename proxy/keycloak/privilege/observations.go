package privilege

import (
	"encoding/json"
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/keycloak/representation"
)

// observation is a request that changes nothing, and shows whether the account has a right.
type observation struct {
	// In a path, {admin}, {realm} and {scim} stand for the APIs of the realm, {self} for the
	// account's own user, {group} for the group of the tenant.
	method, path, body string
	// proves reports whether the answer is given only to an account with the right.
	proves func(status int, body []byte) bool
	// right follows "it may".
	right string
}

// impossible is a client that cannot be made: its name is longer than the column, and there is no
// such protocol.
var impossible = `{"clientId":"` + strings.Repeat("x", 300) + `","protocol":"none"}`

// lists reports whether the answer is a list of Admin REST.
func lists(status int, body []byte) bool {
	return status == http.StatusOK && strings.HasPrefix(string(body), "[")
}

// invalid reports whether Keycloak has looked at the values, after it has looked at the rights.
func invalid(status int, _ []byte) bool { return status == http.StatusBadRequest }

// everywhere is what no account of a tenant may do.
var everywhere = []observation{
	{http.MethodGet, "{admin}", "", settings, "read the settings of the realm (view-realm, manage-realm)"},
	{http.MethodGet, "{admin}/roles?max=1", "", lists, "see roles (view-realm, manage-realm, manage-identity-providers)"},
	{http.MethodGet, "{admin}/clients?max=1", "", lists, "see clients (query-clients, view-clients, manage-clients, a permission on Clients)"},
	{http.MethodPost, "{admin}/clients", impossible, invalid, "manage clients (manage-clients, a permission on Clients)"},
	{http.MethodPost, "{realm}/clients-registrations/default", impossible, registers, "register clients (create-client, manage-clients)"},
	{http.MethodGet, "{admin}/events?max=1", "", lists, "see events (view-events, manage-events)"},
	{http.MethodGet, "{admin}/identity-provider/instances?max=1", "", lists, "see identity providers (view-identity-providers, manage-identity-providers)"},
	{http.MethodGet, "{admin}/organizations?max=1", "", lists, "see all organizations (query-organizations, view-organizations, manage-organizations, manage-realm, a permission on all Organizations)"},
	{http.MethodPost, "{admin}/organizations", "{}", invalid, "make organizations (manage-organizations, manage-realm, a permission on all Organizations)"},
	{http.MethodPost, "{admin}/users/{self}/impersonation", "{}", invalid, "sign in as any user (impersonation, a permission on Users)"},
}

// outside is what the account of a group tenant may not do besides. The account's own user stands
// for every user outside the group.
var outside = []observation{
	{http.MethodPost, "{scim}/Users", "{}", invalid, "create users outside of its group (manage-users, a permission on Users)"},
	{http.MethodPost, "{scim}/Groups", "{}", invalid, "create groups (manage-users, a permission on all Groups)"},
	{http.MethodGet, "{admin}/users/{self}", "", found, "see all users (view-users, manage-users, a permission on Users)"},
	{http.MethodPut, "{admin}/users/{self}/reset-password", "{}", invalid, "set the password of every user (manage-users, a permission on Users)"},
	{http.MethodPut, "{admin}/users/{self}/groups/" + representation.NoID, "{}", missing, "change the groups of every user (manage-users, a permission on Users)"},
	{http.MethodPost, "{admin}/users/{self}/role-mappings/realm", "[]", done, "change the roles of every user (manage-users, a permission on Users)"},
	{http.MethodGet, "{admin}/groups/{group}/role-mappings/realm/available", "", someRole, "give roles to groups and users (manage-users, view-users, a permission on Roles)"},
}

// settings reports whether the answer has a setting that only an account that may view the realm
// sees. Others see names, and view-users and manage-users which attribute the userName is.
func settings(status int, body []byte) bool {
	var realm struct {
		SSL      *string `json:"sslRequired"`
		Lifespan *int    `json:"accessTokenLifespan"`
	}
	return status == http.StatusOK && json.Unmarshal(body, &realm) == nil && (realm.SSL != nil || realm.Lifespan != nil)
}

// registers: 26.7.3 answers 500 to a client that cannot be made, and 403 before it looks at it.
func registers(status int, _ []byte) bool {
	return status == http.StatusBadRequest || status == http.StatusInternalServerError
}

func found(status int, _ []byte) bool { return status == http.StatusOK }

func done(status int, _ []byte) bool { return status == http.StatusNoContent }

// missing: the group does not exist, and Keycloak says so only to an account that may change the
// groups of the user.
func missing(status int, body []byte) bool {
	return status == http.StatusNotFound && strings.Contains(string(body), "Group not found")
}

func someRole(status int, body []byte) bool { return lists(status, body) && len(body) > len("[ ]") }
