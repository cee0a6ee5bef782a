package filters

import (
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Below says which filters a directory evaluates as RFC 7644 defines them.
type Below directory.Capabilities

// Pushable reports whether the directory below evaluates the whole filter correctly. A filter with
// one attribute that it does not support is not pushed down, because that attribute can make the
// result of the whole expression wrong.
func (b Below) Pushable(t scim.ResourceType, f scim.Filter) bool {
	return b.narrows(t, f) && !BlankEnded(f)
}

// narrows reports whether the directory below may be asked for a filter that is evaluated here
// again.
func (b Below) narrows(t scim.ResourceType, f scim.Filter) bool {
	return b.supported(t, f, false) && b.Accepts(f)
}

// Accepts reports whether a filter is within the limits of the directory below.
func (b Below) Accepts(f scim.Filter) bool {
	return b.FilterLimits.Accept(f)
}

// supported reports whether the directory below evaluates the filter correctly, inside a "not" if
// negated.
func (b Below) supported(t scim.ResourceType, f scim.Filter, negated bool) bool {
	all := func(terms []scim.Filter) bool {
		return !slices.ContainsFunc(terms, func(f scim.Filter) bool { return !b.supported(t, f, negated) })
	}
	switch f := f.(type) {
	case scim.Compare:
		can := b.Filters[t][f.Attr.Key()]
		switch {
		case f.Value == "null":
			return false
		case negated || f.Op == scim.Ne:
			return can == directory.Full
		}
		return can >= directory.NoNegation || can == directory.EqOnly && f.Op == scim.Eq
	case scim.Present:
		return b.Filters[t][f.Attr.Key()] >= directory.NoNegation && !negated
	case scim.And:
		return all(f.Terms)
	case scim.Or:
		return all(f.Terms)
	case scim.Not:
		return b.supported(t, f.Term, true)
	case scim.Within:
		return false
	}
	return false
}

// Pushed returns the part of a filter that narrows a walk: the terms of a conjunction that the
// directory below supports. The whole filter is evaluated here again.
func (b Below) Pushed(t scim.ResourceType, f scim.Filter) scim.Filter {
	if f == nil || b.Pushable(t, f) {
		return f
	}
	var terms []scim.Filter
	for _, term := range scim.Conjuncts(f) {
		term = widened(term)
		if term != nil && b.narrows(t, term) && b.narrows(t, scim.And{Terms: append(slices.Clip(terms), term)}) {
			terms = append(terms, term)
		}
	}
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return scim.And{Terms: terms}
}
