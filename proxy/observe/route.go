package observe

import (
	"slices"
	"strings"
)

// words are the segments of the paths of Keycloak that a route has. All other segments may be ids
// or names.
var words = []string{
	".well-known", "Bulk", "Groups", "ResourceTypes", "Schemas", "ServiceProviderConfig", "Users", "admin", "admin-events", "authz", "certs",
	"children", "client-scopes", "clients", "composite", "consents", "count", "credentials", "events", "federated-identity", "group-by-path",
	"groups", "identity-provider", "instances", "logout", "members", "offline-sessions", "openid-configuration", "openid-connect",
	"organizations", "partial", "profile", "protocol", "realm", "realms", "reset-password", "resource-server", "role-mappings", "roles",
	"scim", "serverinfo", "sessions", "token", "users", "v2",
}

// route returns the template of a path of Keycloak, without ids and names. It begins at the realms
// or at the Admin REST API, because Keycloak may be below a base path.
func route(path string) string {
	at := strings.Index(path, "/realms/")
	if admin := strings.Index(path, "/admin/"); at < 0 || admin >= 0 && admin < at {
		at = admin
	}
	if at < 0 {
		return "{path}"
	}
	segments := strings.Split(path[at+1:], "/")
	for i, s := range segments {
		switch {
		case i > 0 && segments[i-1] == "realms" && i < 3: // the name of a realm may be any text
			segments[i] = "{realm}"
		case i > 0 && segments[i-1] == "group-by-path":
			return "/" + strings.Join(segments[:i], "/") + "/{path}"
		case s != "" && !slices.Contains(words, s):
			segments[i] = "{id}"
		}
	}
	return "/" + strings.Join(segments, "/")
}
