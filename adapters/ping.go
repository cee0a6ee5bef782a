package adapters

import "keycloak-scim-proxy/proxy/protocol"

// pingFederate is PingFederate's SCIM provisioner.
func pingFederate() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("it has no PATCH and cannot clear an attribute; its PUT has only mapped attributes (docs.pingidentity.com/integrations/scim)"),
	}, onePrimary())
}

// pingOne is PingOne.
func pingOne() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("its PUT has only mapped attributes, and only the first value of a list (developer.pingidentity.com, propagation store)"),
	})
}
