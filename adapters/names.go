package adapters

import (
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

func attributeNames() protocol.Rule {
	return protocol.Rule{
		Name:   "attribute-names",
		Says:   "Attribute names are read in any letter case, and a core attribute may carry the URN of its schema.",
		Source: "RFC 7643 section 2.1; Microsoft's Postman collection sends Primary, Department, Manager.Value; native Keycloak 26.7.3 answers 200 to a core URN path and does nothing",
		Body:   func(m *protocol.Message, body *scim.Object) { canonical(m.Schemas, m.Type, body) },
		Operation: forms.InPlace(func(m *protocol.Message, op *protocol.Operation) {
			p, ok := op.Path()
			if !ok {
				return
			}
			p.AttrPath = canonicalPath(m.Schemas, m.Type, p.AttrPath)
			op.SetPath(p)
			if op.Value() != "" {
				def, ok := m.Schemas.Lookup(m.Type, p.AttrPath)
				if !ok || p.Filter != nil && p.Sub == "" {
					def, _ = m.Schemas.Lookup(m.Type, p.Top())
				}
				op.SetValue(canonicalValue(def, op.Value()))
			}
		}),
	}
}

// canonical writes attribute names as in the schemas.
func canonical(s scim.Schemas, t scim.ResourceType, body *scim.Object) {
	body.Map(func(name, raw string) (string, string) {
		if strings.EqualFold(name, scim.EnterpriseURN) {
			return scim.EnterpriseURN, mapObject(raw, func(n, v string) (string, string) {
				return canonicalMember(s, t, scim.EnterpriseURN, n, v)
			})
		}
		p, err := scim.ParseAttrPath(name)
		if err != nil || p.URN != "" || p.Sub != "" {
			return name, raw
		}
		return canonicalMember(s, t, "", p.Name, raw)
	})
}

func canonicalMember(s scim.Schemas, t scim.ResourceType, urn, name, raw string) (string, string) {
	def, ok := s.Lookup(t, scim.AttrPath{URN: urn, Name: name})
	if !ok {
		return name, raw
	}
	return def.Name, canonicalValue(def, raw)
}

// canonicalValue writes the names of sub-attributes as in the schema.
func canonicalValue(def scim.Attribute, raw string) string {
	if len(def.SubAttributes) == 0 {
		return raw
	}
	return forms.Each(raw, func(e string) string {
		return mapObject(e, respelled(func(name string) string {
			if sub, ok := def.Sub(name); ok {
				return sub.Name
			}
			return name
		}))
	})
}

// extensionURN returns a URN in the spelling of the extension's declaration.
func extensionURN(s scim.Schemas, t scim.ResourceType, urn string) string {
	for _, e := range s.Extensions(t) {
		if strings.EqualFold(e.ID, urn) {
			return e.ID
		}
	}
	return urn
}

func canonicalPath(s scim.Schemas, t scim.ResourceType, p scim.AttrPath) scim.AttrPath {
	top, ok := s.Lookup(t, p.Top())
	if !ok {
		return p
	}
	p.Name = top.Name
	if p.URN != "" {
		p.URN = extensionURN(s, t, p.URN)
	}
	if sub, ok := top.Sub(p.Sub); ok {
		p.Sub = sub.Name
	}
	return p
}
