package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// oneLogin is OneLogin. Its administrator edits the template of its requests, so that they may have
// any form, and never have the whole resource.
func oneLogin() []protocol.Rule {
	return around(
		[]protocol.Rule{
			partialPut("the user is a template that the administrator edits, groups must not be in it (developers.onelogin.com/scim/define-user-schema)"),
			scim1URNs(),
		},
		emptyClears("a macro of a template whose field is empty leaves \"\" (developers.onelogin.com/scim/define-user-schema)"),
	)
}

// scim1URNs leaves the attribute schemas alone: the answer's is computed from the resource.
func scim1URNs() protocol.Rule {
	return protocol.Rule{
		Name:      "scim1-urns",
		Says:      "The enterprise extension's URN of SCIM 1.x means that of SCIM 2.0.",
		Source:    "OneLogin's default templates use urn:scim:schemas:core:1.0 and urn:scim:schemas:extension:enterprise:1.0 (developers.onelogin.com/scim/define-user-schema)",
		Body:      func(_ *protocol.Message, body *scim.Object) { body.Map(respelled(urn2)) },
		Operation: one(func(_ *protocol.Message, op *protocol.Operation) { respell(op, urn2) }),
	}
}

const enterprise1 = "urn:scim:schemas:extension:enterprise:1.0"

// urn2 replaces the URN of SCIM 1.x at the start of a name.
func urn2(name string) string {
	if len(name) < len(enterprise1) || !strings.EqualFold(name[:len(enterprise1)], enterprise1) {
		return name
	}
	return scim.EnterpriseURN + strings.TrimPrefix(name[len(enterprise1):], ":User")
}
