package adapters

import (
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func textBooleans() protocol.Rule {
	return protocol.Rule{
		Name:   "text-booleans",
		Says:   `If the schema says boolean, the texts "True" and "False", in any letter case, are booleans, in values and in filters. No other text is.`,
		Source: `Entra sends "active": "False" (entra-docs) and roles[primary eq "True"] (validator); native Keycloak 26.7.3 disables a user for any text but true`,
		Body:   func(m *protocol.Message, body *scim.Object) { eachAttribute(m, body, booleans) },
		Operation: forms.InPlace(func(m *protocol.Message, op *protocol.Operation) {
			if p, ok := op.Path(); ok && op.Value() != "" {
				def, _ := m.Schemas.Lookup(m.Type, p.AttrPath)
				op.SetValue(booleans(def, op.Value()))
			}
		}),
		Term: func(m *protocol.Message, at scim.AttrPath, c scim.Compare) scim.Compare {
			if def := compared(m, at); def.Type == "boolean" && document.IsText(c.Value) {
				c.Value = boolean(c.Value)
			}
			return c
		},
	}
}

func booleans(def scim.Attribute, raw string) string {
	switch {
	case def.Type == "boolean" && document.IsText(raw):
		return boolean(raw)
	case len(def.SubAttributes) == 0:
		return raw
	}
	return forms.Each(raw, func(e string) string {
		return mapObject(e, func(name, raw string) (string, string) {
			sub, _ := def.Sub(name)
			return name, booleans(sub, raw)
		})
	})
}

func boolean(raw string) string {
	if word := strings.ToLower(document.Text(raw)); word == "true" || word == "false" {
		return word
	}
	return raw
}

// compared is the definition of an attribute in a filter, which may be one over all types.
func compared(m *protocol.Message, at scim.AttrPath) scim.Attribute {
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		if def, ok := m.Schemas.Lookup(t, at); ok && (m.Type == "" || m.Type == t) {
			return def
		}
	}
	return scim.Attribute{}
}
