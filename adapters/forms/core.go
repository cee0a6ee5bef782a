package forms

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// CoreObject is the rule for an object under the URN of the core schema in a body.
func CoreObject() protocol.Rule {
	return protocol.Rule{
		Name:   "core-object",
		Says:   "The members of an object under the core schema's URN are core attributes. Of one that is given twice the first counts.",
		Source: "RFC 7643 section 3.3 keeps objects under a URN for extensions; clients that write every schema so (reported); native Keycloak 26.7.3 drops them from a POST and understands them in a PATCH (measured)",
		Body: func(m *protocol.Message, body *scim.Object) {
			raw := body.Raw(m.Schemas.Core(m.Type).ID)
			inner, ok := Object(raw)
			if !ok && raw != "null" {
				return
			}
			body.Put(m.Schemas.Core(m.Type).ID, "")
			for name, raw := range inner.All() {
				if !body.Has(name) {
					body.Put(name, raw)
				}
			}
		},
	}
}

// IsCore reports whether a key is the URN of the core schema.
func IsCore(m *protocol.Message, key string) bool {
	return key != "" && strings.EqualFold(key, m.Schemas.Core(m.Type).ID)
}
