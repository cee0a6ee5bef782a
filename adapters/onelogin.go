package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// oneLogin is OneLogin. What it sends is a template that its administrator edits: any shape, and never the whole resource.
func oneLogin() []scim.Rule {
	return around(
		[]scim.Rule{
			partialPut("the user is a template that the administrator edits, groups must not be in it (developers.onelogin.com/scim/define-user-schema)"),
			scim1URNs(),
		},
		emptyClears("a macro of a template whose field is empty leaves \"\" (developers.onelogin.com/scim/define-user-schema)"),
	)
}

// scim1URNs is R16. What "schemas" says is not looked at: it is made from the resource.
func scim1URNs() scim.Rule {
	return scim.Rule{
		Name:   "scim1-urns",
		Says:   "The enterprise extension's URN of SCIM 1.x is that of 2.0.",
		Source: "OneLogin's default templates use urn:scim:schemas:core:1.0 and urn:scim:schemas:extension:enterprise:1.0 (developers.onelogin.com/scim/define-user-schema)",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if isWrite(w) {
				return reshape(w, fromSCIM1)
			}
			return eachOp(w, one(func(op scim.Resource) scim.Resource {
				if path := op.Raw("path"); scim.IsText(path) {
					op = op.With("path", scim.Quote(urn2(scim.Text(path))))
				}
				if value, ok := object(op.Raw("value")); ok {
					op = op.With("value", fromSCIM1(value).String())
				}
				return op
			}))
		},
	}
}

const enterprise1 = "urn:scim:schemas:extension:enterprise:1.0"

func fromSCIM1(r scim.Resource) scim.Resource {
	return r.Map(func(name, raw string) (string, string) { return urn2(name), raw })
}

func urn2(name string) string {
	if len(name) < len(enterprise1) || !strings.EqualFold(name[:len(enterprise1)], enterprise1) {
		return name
	}
	return scim.EnterpriseURN + strings.TrimPrefix(name[len(enterprise1):], ":User")
}
