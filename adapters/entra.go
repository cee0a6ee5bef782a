package adapters

import "keycloak-scim-proxy/proxy/protocol"

// entra is Microsoft Entra ID. Both of its modes come on any day: on-demand provisioning does not honour aadOptscim062020 (entra-docs,
// application-provisioning-config-problem-scim-compatibility).
func entra() []protocol.Rule {
	return around(
		[]protocol.Rule{unquotedLiteral()},
		rolesInText(),
		emptyClears(`Entra clears with "", null and []; its 2026 validation sends "" and then null to every optional attribute (SCIMReferenceCode, StandardLogicApp)`),
		selectedIsMade(),
		encodedTwice(),
		quietGroups(),
	)
}
