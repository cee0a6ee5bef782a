package adapters

import (
	"keycloak-scim-proxy/proxy/scim"
)

// rippling is Rippling.
func rippling() []scim.Rule {
	return around([]scim.Rule{
		partialPut("its PUT has only what is mapped, active is never in it (valon-technologies/gestalt#3132, #3171)"),
	})
}
