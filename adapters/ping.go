package adapters

import (
	"keycloak-scim-proxy/proxy/scim"
)

// pingFederate is PingFederate's SCIM provisioner.
func pingFederate() []scim.Rule {
	return around([]scim.Rule{
		partialPut("it has no PATCH and cannot clear an attribute; what it does not map is not in its PUT (docs.pingidentity.com/integrations/scim)"),
	}, onePrimary())
}

// pingOne is PingOne.
func pingOne() []scim.Rule {
	return around([]scim.Rule{
		partialPut("its PUT has what is mapped, the first value of a list only (developer.pingidentity.com, propagation store)"),
	})
}
