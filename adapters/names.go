package adapters

import (
	"maps"
	"net/url"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// urnSpelling and attributeNames are R4.
func urnSpelling() scim.Rule {
	return scim.Rule{
		Name:   "urn-spelling",
		Says:   "A known schema URN is recognised when it is joined to the attribute by a dot, or is misspelled as in Microsoft's own sample.",
		Source: "entra-docs, use-scim-to-provision-users-and-groups (…enterprise:2.0User); urn:…:2.0:User.department in legacy Entra jobs",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			switch {
			case w.Method == "PATCH":
				return eachOp(w, one(func(op scim.Resource) scim.Resource {
					if value, ok := object(op.Raw("value")); ok {
						op = op.With("value", spellKeys(value).String())
					}
					if scim.IsText(op.Raw("path")) {
						op = op.With("path", scim.Quote(spell(scim.Text(op.Raw("path")))))
					}
					return op
				}))
			case isWrite(w):
				return reshape(w, spellKeys)
			}
			return spellFilter(w)
		},
	}
}

var knownURNs = []string{scim.UserURN, scim.GroupURN, scim.EnterpriseURN}

// spell repairs the first known URN in a path, key or filter.
func spell(text string) string {
	for _, urn := range knownURNs {
		misspelled := strings.TrimSuffix(urn, ":User") + "User"
		if i := indexFold(text, misspelled); i >= 0 {
			text = text[:i] + urn + text[i+len(misspelled):]
		}
		i := indexFold(text, urn)
		if i < 0 {
			continue
		}
		rest := text[i+len(urn):]
		if strings.HasPrefix(rest, ".") {
			rest = ":" + rest[1:]
		}
		return text[:i] + urn + rest
	}
	return text
}

// indexFold is strings.Index without regard to case. It compares in place: a text in lower case may
// be longer or shorter.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

func spellKeys(r scim.Resource) scim.Resource {
	return r.Map(func(name, raw string) (string, string) {
		if !strings.Contains(name, ":") {
			return name, raw
		}
		return spell(name), raw
	})
}

func spellFilter(w scim.Wire) (scim.Wire, bool) {
	filter := w.Query.Get("filter")
	if fixed := spell(filter); fixed != filter {
		return withFilter(w, fixed), true
	}
	return w, false
}

// withFilter copies the query: a rule never changes what it was given.
func withFilter(w scim.Wire, filter string) scim.Wire {
	q := url.Values{}
	maps.Copy(q, w.Query)
	q.Set("filter", filter)
	w.Query = q
	return w
}

func attributeNames() scim.Rule {
	return scim.Rule{
		Name:   "attribute-names",
		Says:   "Attribute names are read in any letter case, and a core attribute may carry the URN of its schema.",
		Source: "RFC 7643 section 2.1; Microsoft's Postman collection sends Primary, Department, Manager.Value; native Keycloak 26.7.3 answers 200 to a core URN path and does nothing",
		Apply: func(s scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if isWrite(w) {
				return reshape(w, func(r scim.Resource) scim.Resource { return canonical(s, w.Type, r) })
			}
			return eachOp(w, one(func(op scim.Resource) scim.Resource {
				p, err := scim.ParsePath(scim.Text(op.Raw("path")))
				if err != nil || !scim.IsText(op.Raw("path")) {
					return op
				}
				p.AttrPath = canonicalPath(s, w.Type, p.AttrPath)
				if op = op.With("path", scim.Quote(p.String())); op.Raw("value") == "" {
					return op
				}
				def, ok := s.Lookup(w.Type, p.AttrPath)
				if !ok || p.Filter != nil && p.Sub == "" {
					def, _ = s.Lookup(w.Type, p.Top())
				}
				return op.With("value", canonicalValue(def, op.Raw("value")))
			}))
		},
	}
}

func canonical(s scim.Schemas, t scim.ResourceType, r scim.Resource) scim.Resource {
	return r.Map(func(name, raw string) (string, string) {
		if strings.EqualFold(name, scim.EnterpriseURN) {
			if in, ok := object(raw); ok {
				raw = in.Map(func(n, v string) (string, string) { return canonicalMember(s, t, scim.EnterpriseURN, n, v) }).String()
			}
			return scim.EnterpriseURN, raw
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

// canonicalValue spells the sub-attributes of a complex value as the schema does.
func canonicalValue(def scim.Attribute, raw string) string {
	if len(def.SubAttributes) == 0 {
		return raw
	}
	return eachValue(raw, func(e string) string {
		in, ok := object(e)
		if !ok {
			return e
		}
		return in.Map(func(name, raw string) (string, string) {
			if sub, ok := def.Sub(name); ok {
				name = sub.Name
			}
			return name, raw
		}).String()
	})
}

// extensionURN is a declared URN in its own spelling.
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
