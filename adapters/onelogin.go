package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// oneLogin is OneLogin. What it sends is a template that its administrator edits: any shape, and never the whole resource.
func oneLogin() []protocol.Rule {
	return around(
		[]protocol.Rule{
			partialPut("the user is a template that the administrator edits, groups must not be in it (developers.onelogin.com/scim/define-user-schema)"),
			scim1URNs(),
		},
		emptyClears("a macro of a template whose field is empty leaves \"\" (developers.onelogin.com/scim/define-user-schema)"),
	)
}

// scim1URNs does not look at schemas, which is made from the resource.
func scim1URNs() protocol.Rule {
	return protocol.Rule{
		Name:   "scim1-urns",
		Says:   "The enterprise extension's URN of SCIM 1.x is that of 2.0.",
		Source: "OneLogin's default templates use urn:scim:schemas:core:1.0 and urn:scim:schemas:extension:enterprise:1.0 (developers.onelogin.com/scim/define-user-schema)",
		Body:   func(_ *protocol.Message, body *scim.Object) { body.Map(fromSCIM1) },
		Operation: one(func(op *protocol.Operation) {
			if path := op.Raw("path"); document.IsText(path) && urn2(document.Text(path)) != document.Text(path) {
				op.SetPathText(urn2(document.Text(path)))
			}
			if value, ok := object(op.Value()); ok {
				op.SetValue(value.Map(fromSCIM1).String())
			}
		}),
	}
}

const enterprise1 = "urn:scim:schemas:extension:enterprise:1.0"

func fromSCIM1(name, raw string) (string, string) { return urn2(name), raw }

func urn2(name string) string {
	if len(name) < len(enterprise1) || !strings.EqualFold(name[:len(enterprise1)], enterprise1) {
		return name
	}
	return scim.EnterpriseURN + strings.TrimPrefix(name[len(enterprise1):], ":User")
}
