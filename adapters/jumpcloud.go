package adapters

import (
	"keycloak-scim-proxy/proxy/scim"
)

// jumpCloud is JumpCloud. Users are changed by a PUT that has "emails": null where nothing is said about them.
func jumpCloud() []scim.Rule {
	return around([]scim.Rule{
		partialPut("a minimal PUT has \"emails\": null for a user who has one (Paul-E/scim-v2-rust, src/test_data/jumpcloud_*.json)"),
	})
}
