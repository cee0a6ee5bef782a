package adapters

import (
	"keycloak-scim-proxy/proxy/scim"
)

// okta is Okta. Its PUT is the whole resource, made from a GET: what it leaves out shall go.
func okta() []scim.Rule {
	return around(nil, selectedIsMade())
}
