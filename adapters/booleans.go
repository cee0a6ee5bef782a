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
					return eachMember(r, func(name, raw string) (string, string) {
						def, _ := s.Lookup(w.Type, scim.AttrPath{Name: name})
						return name, booleans(def, raw)
					})
				})
			case w.Method == "PATCH":
				return eachOp(w, one(func(op scim.Resource) scim.Resource { return patchBooleans(s, w.Type, op) }))
			}
			f, err := scim.ParseFilter(w.Query.Get("filter"))
			if err != nil {
				return w, false
			}
			fixed := filterBooleans(s, w.Type, scim.AttrPath{}, f)
			if fixed.String() == f.String() {
				return w, false
			}
			return withFilter(w, fixed.String()), true
		},
	}
}

func booleans(def scim.Attribute, raw string) string {
	switch {
	case def.Type == "boolean" && scim.IsText(raw):
		return boolean(raw)
	case len(def.SubAttributes) == 0:
		return raw
	case strings.HasPrefix(raw, "["):
		es := scim.Elements(raw)
		for i := range es {
			es[i] = booleans(def, es[i])
		}
		return scim.Array(es)
	}
	in, ok := object(raw)
	if !ok {
		return raw
	}
	return eachMember(in, func(name, raw string) (string, string) {
		sub, _ := def.Sub(name)
		return name, booleans(sub, raw)
	}).String()
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
		fixed.Filter = filterBooleans(s, t, p.Top(), p.Filter)
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

// filterBooleans looks attributes up below the given one, if any.
func filterBooleans(s scim.Schemas, t scim.ResourceType, of scim.AttrPath, f scim.Filter) scim.Filter {
	again := func(terms []scim.Filter) []scim.Filter {
		out := make([]scim.Filter, len(terms))
		for i, term := range terms {
			out[i] = filterBooleans(s, t, of, term)
		}
		return out
	}
	switch f := f.(type) {
	case scim.Compare:
		at := f.Attr
		if !of.IsZero() {
			at = of.With(f.Attr.Name)
		}
		if def, _ := s.Lookup(t, at); def.Type == "boolean" && scim.IsText(f.Value) {
			f.Value = boolean(f.Value)
		}
		return f
	case scim.And:
		return scim.And{Terms: again(f.Terms)}
	case scim.Or:
		return scim.Or{Terms: again(f.Terms)}
	case scim.Not:
		return scim.Not{Term: filterBooleans(s, t, of, f.Term)}
	case scim.Within:
		return scim.Within{Attr: f.Attr, Filter: filterBooleans(s, t, f.Attr, f.Filter)}
	case scim.Present:
		return f
	}
	return f
}
