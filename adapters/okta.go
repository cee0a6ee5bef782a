package adapters

import "keycloak-scim-proxy/proxy/protocol"

// okta is Okta. Its PUT is the whole resource, made from a GET: an attribute that it leaves out is
// removed.
func okta() []protocol.Rule {
	return around(nil, selectedIsMade())
}
