package adapters

import (
	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
)

// entra is Microsoft Entra ID. A tenant may get requests of both of its PATCH modes, because
// on-demand provisioning ignores the flag aadOptscim062020 (entra-docs,
// application-provisioning-config-problem-scim-compatibility).
func entra() []protocol.Rule {
	return around(
		[]protocol.Rule{unquotedLiteral()},
		forms.RolesInText(),
		emptyClears(`Entra clears with "", null and []; its 2026 validation sends "" and then null to every optional attribute (SCIMReferenceCode, StandardLogicApp)`),
		selectedIsMade(),
		encodedTwice(),
		quietGroups(),
	)
}
