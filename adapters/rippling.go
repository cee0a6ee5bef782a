package adapters

import "keycloak-scim-proxy/proxy/protocol"

// rippling is Rippling.
func rippling() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("its PUT has only what is mapped, active is never in it (valon-technologies/gestalt#3132, #3171)"),
	})
}
