package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// textBooleans is R3.
func textBooleans() scim.Rule {
	return scim.Rule{
		Name:   "text-booleans",
		Says:   `"True" and "False" are booleans where the schema says boolean, in values and in filters. No other text is.`,
		Source: `Entra sends "active": "False" (entra-docs) and roles[primary eq "True"] (validator); native Keycloak 26.7.3 disables a user for any text but true`,
		Apply: func(s scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			switch {
			case isWrite(w):
				return reshape(w, func(r scim.Resource) scim.Resource {
					return r.Map(func(name, raw string) (string, string) {
						def, _ := s.Lookup(w.Type, scim.AttrPath{Name: name})
						return name, booleans(def, raw)
					})
				})
			case w.Method == "PATCH":
				return eachOp(w, one(func(op scim.Resource) scim.Resource { return patchBooleans(s, w.Type, op) }))
			}
			return eachTerm(w, booleanTerm(s, w.Type))
		},
	}
}

func booleans(def scim.Attribute, raw string) string {
	switch {
	case def.Type == "boolean" && scim.IsText(raw):
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
	switch strings.ToLower(scim.Text(raw)) {
	case "true":
		return "true"
	case "false":
		return "false"
	}
	return raw
}

func patchBooleans(s scim.Schemas, t scim.ResourceType, op scim.Resource) scim.Resource {
	p, err := scim.ParsePath(scim.Text(op.Raw("path")))
	if err != nil {
		return op
	}
	if p.Filter != nil {
		fixed := p
		fixed.Filter = terms(p.Filter, p.Top(), booleanTerm(s, t))
		if fixed.String() != p.String() {
			op = op.With("path", scim.Quote(fixed.String()))
		}
	}
	if op.Raw("value") == "" {
		return op
	}
	def, _ := s.Lookup(t, p.AttrPath)
	return op.With("value", booleans(def, op.Raw("value")))
}

func booleanTerm(s scim.Schemas, t scim.ResourceType) func(scim.AttrPath, scim.Compare) scim.Compare {
	return func(at scim.AttrPath, c scim.Compare) scim.Compare {
		if def, _ := s.Lookup(t, at); def.Type == "boolean" && scim.IsText(c.Value) {
			c.Value = boolean(c.Value)
		}
		return c
	}
}
