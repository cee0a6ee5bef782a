package adapters

import "keycloak-scim-proxy/proxy/protocol"

// oneLogin is OneLogin. Its administrator edits the template of its requests, so that they may have
// any form, and never have the whole resource.
func oneLogin() []protocol.Rule {
	return around(
		[]protocol.Rule{
			partialPut("the user is a template that the administrator edits, groups must not be in it (developers.onelogin.com/scim/define-user-schema)"),
		},
		emptyClears("a macro of a template whose field is empty leaves \"\" (developers.onelogin.com/scim/define-user-schema)"),
	)
}
