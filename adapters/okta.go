package adapters

import "keycloak-scim-proxy/proxy/protocol"

// okta is Okta. Its PUT is the whole resource, made from a GET: what it leaves out shall go.
func okta() []protocol.Rule {
	return around(nil, selectedIsMade())
}
