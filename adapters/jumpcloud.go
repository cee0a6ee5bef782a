package adapters

import "keycloak-scim-proxy/proxy/protocol"

// jumpCloud is JumpCloud. It updates users by a PUT that has "emails": null if it does not change
// them.
func jumpCloud() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("a minimal PUT has \"emails\": null for a user who has one (Paul-E/scim-v2-rust, src/test_data/jumpcloud_*.json)"),
	})
}
