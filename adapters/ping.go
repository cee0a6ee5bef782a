package adapters

import "keycloak-scim-proxy/proxy/protocol"

// pingFederate is PingFederate's SCIM provisioner.
func pingFederate() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("it has no PATCH and cannot clear an attribute; what it does not map is not in its PUT (docs.pingidentity.com/integrations/scim)"),
	}, onePrimary())
}

// pingOne is PingOne.
func pingOne() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("its PUT has what is mapped, the first value of a list only (developer.pingidentity.com, propagation store)"),
	})
}
