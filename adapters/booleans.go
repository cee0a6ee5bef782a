package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func textBooleans() protocol.Rule {
	return protocol.Rule{
		Name:   "text-booleans",
		Says:   `"True" and "False" are booleans where the schema says boolean, in values and in filters. No other text is.`,
		Source: `Entra sends "active": "False" (entra-docs) and roles[primary eq "True"] (validator); native Keycloak 26.7.3 disables a user for any text but true`,
		Body: func(m *protocol.Message, body *scim.Object) {
			body.Map(func(name, raw string) (string, string) {
				def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{Name: name})
				return name, booleans(def, raw)
			})
		},
		Operation: func(m *protocol.Message, op *protocol.Operation) []*protocol.Operation {
			if p, ok := op.Path(); ok && op.Value() != "" {
				def, _ := m.Schemas.Lookup(m.Type, p.AttrPath)
				op.SetValue(booleans(def, op.Value()))
			}
			return []*protocol.Operation{op}
		},
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
	return eachValue(raw, func(e string) string {
		in, ok := object(e)
		if !ok {
			return e
		}
		return in.Map(func(name, raw string) (string, string) {
			sub, _ := def.Sub(name)
			return name, booleans(sub, raw)
		}).String()
	})
}

func boolean(raw string) string {
	switch strings.ToLower(document.Text(raw)) {
	case "true":
		return "true"
	case "false":
		return "false"
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
