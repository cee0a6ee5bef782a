package listing

import (
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// pushable reports whether the directory below evaluates the whole filter correctly. A filter with
// one attribute that it does not support is not pushed down, because that attribute can make the
// result of the whole expression wrong.
func (d *Directory) pushable(t scim.ResourceType, f scim.Filter) bool {
	return d.narrows(t, f) && !blankEnded(f)
}

// narrows reports whether the directory below may be asked for a filter that is evaluated here
// again.
func (d *Directory) narrows(t scim.ResourceType, f scim.Filter) bool {
	return d.supported(t, f, false) && d.accepted(f)
}

// accepted reports whether a filter is within the limits of the directory below.
func (d *Directory) accepted(f scim.Filter) bool {
	return d.Directory.Capabilities().FilterLimits.Accept(f)
}

// supported reports whether the directory below evaluates the filter correctly, inside a "not" if
// negated.
func (d *Directory) supported(t scim.ResourceType, f scim.Filter, negated bool) bool {
	all := func(terms []scim.Filter) bool {
		return !slices.ContainsFunc(terms, func(f scim.Filter) bool { return !d.supported(t, f, negated) })
	}
	switch f := f.(type) {
	case scim.Compare:
		can := d.Directory.Capabilities().Filters[t][f.Attr.Key()]
		switch {
		case f.Value == "null":
			return false
		case negated || f.Op == scim.Ne:
			return can == directory.Full
		}
		return can >= directory.NoNegation || can == directory.EqOnly && f.Op == scim.Eq
	case scim.Present:
		return d.Directory.Capabilities().Filters[t][f.Attr.Key()] >= directory.NoNegation && !negated
	case scim.And:
		return all(f.Terms)
	case scim.Or:
		return all(f.Terms)
	case scim.Not:
		return d.supported(t, f.Term, true)
	case scim.Within:
		return false
	}
	return false
}

// pushed returns the part of a filter that narrows a walk: the terms of a conjunction that the
// directory below supports. The whole filter is evaluated here again.
func (d *Directory) pushed(t scim.ResourceType, f scim.Filter) scim.Filter {
	if f == nil || d.pushable(t, f) {
		return f
	}
	var terms []scim.Filter
	for _, term := range scim.Conjuncts(f) {
		term = widened(term)
		if term != nil && d.narrows(t, term) && d.narrows(t, scim.And{Terms: append(slices.Clip(terms), term)}) {
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
