package filters

import (
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Kept returns the terms of a filter that match only resources with values that only the store
// has.
func (b Below) Kept(t scim.ResourceType, f scim.Filter) (terms []scim.Filter) {
	for _, term := range scim.Conjuncts(f) {
		if needs(term) && b.onlyKept(t, term) {
			terms = append(terms, term)
		}
	}
	return terms
}

// onlyKept reports whether all attributes of a filter are only in the store.
func (b Below) onlyKept(t scim.ResourceType, f scim.Filter) bool {
	kept := true
	scim.Attributes(f, func(p scim.AttrPath) {
		kept = kept && directory.Capabilities(b).Placement(t, p) == directory.StoreOnly
	})
	return kept
}

// needs reports whether a filter matches only resources with a value of one of its attributes.
func needs(f scim.Filter) bool {
	switch f := f.(type) {
	case scim.Compare:
		return f.Op != scim.Ne && f.Value != "null"
	case scim.Present, scim.Within:
		return true
	case scim.And:
		return slices.ContainsFunc(f.Terms, needs)
	case scim.Or:
		return !slices.ContainsFunc(f.Terms, func(f scim.Filter) bool { return !needs(f) })
	case scim.Not:
	}
	return false
}
