package filters

import (
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Equals returns the comparisons `attr eq value` that must be true for the whole filter to be
// true.
func Equals(f scim.Filter) []scim.Compare {
	var out []scim.Compare
	for _, t := range scim.Conjuncts(f) {
		switch t := t.(type) {
		case scim.Compare:
			if t.Op == scim.Eq && t.Value != "null" {
				out = append(out, t)
			}
		case scim.Within:
			for _, in := range Equals(t.Filter) {
				in.Attr = t.Attr.With(in.Attr.Name)
				out = append(out, in)
			}
		case scim.And, scim.Or, scim.Not, scim.Present:
		}
	}
	return out
}

// Fields returns the attributes in the filter and the order of a query.
func Fields(q directory.Query) directory.Fields {
	n := directory.Fields{Only: []string{"id"}, Observed: q.Filter != nil}
	add := func(a scim.AttrPath) {
		if top := a.Top().Key(); !slices.Contains(n.Only, top) {
			n.Only = append(n.Only, top)
		}
		if q.Type == scim.Group && a.Top().Is(scim.AttrPath{Name: "members"}) {
			n.Members = true
		}
	}
	if q.Filter != nil {
		scim.Attributes(q.Filter, add)
	}
	if !q.Sort.By.IsZero() {
		add(q.Sort.By)
	}
	return n
}
