package adapters

import "keycloak-scim-proxy/proxy/protocol"

// rippling is Rippling.
func rippling() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("its PUT has only mapped attributes, and never active (valon-technologies/gestalt#3132, #3171)"),
	})
}
