package adapters

import "keycloak-scim-proxy/proxy/protocol"

// jumpCloud is JumpCloud. Users are changed by a PUT that has "emails": null where nothing is said about them.
func jumpCloud() []protocol.Rule {
	return around([]protocol.Rule{
		partialPut("a minimal PUT has \"emails\": null for a user who has one (Paul-E/scim-v2-rust, src/test_data/jumpcloud_*.json)"),
	})
}
