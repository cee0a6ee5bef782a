package observe

import "testing"

// The route of a path has no id and no name, whatever they are.
func TestRoute(t *testing.T) {
	for path, want := range map[string]string{
		"/realms/acme/scim/v2/Users":                            "/realms/{realm}/scim/v2/Users",
		"/realms/users/scim/v2/Users/f:1:ada":                   "/realms/{realm}/scim/v2/Users/{id}",
		"/auth/realms/acme/protocol/openid-connect/token":       "/realms/{realm}/protocol/openid-connect/token",
		"/realms/acme/.well-known/openid-configuration":         "/realms/{realm}/.well-known/openid-configuration",
		"/admin/realms/acme":                                    "/admin/realms/{realm}",
		"/auth/admin/realms/realms/users/1/role-mappings/realm": "/admin/realms/{realm}/users/{id}/role-mappings/realm",
		"/admin/realms/acme/group-by-path/users/ada":            "/admin/realms/{realm}/group-by-path/{path}",
		"/admin/realms/acme/users/ada@example.com/secret":       "/admin/realms/{realm}/users/{id}/{id}",
		"/admin/serverinfo":                                     "/admin/serverinfo",
		"/ada":                                                  "{path}",
	} {
		if got := route(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
