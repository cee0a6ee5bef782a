package listing

import (
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// pushable reports whether the directory below decides the whole filter rightly. A filter that names
// one attribute which the directory below cannot decide is not pushed down at all: that attribute may
// make it answer wrongly to the expression around it.
func (d *Directory) pushable(t scim.ResourceType, f scim.Filter) bool {
	return d.decided(t, f, false) && d.accepted(f)
}

// accepted reports whether a filter is within the limits of the directory below.
func (d *Directory) accepted(f scim.Filter) bool {
	return d.Directory.Capabilities().FilterLimits.Accept(f)
}

func (d *Directory) decided(t scim.ResourceType, f scim.Filter, negated bool) bool {
	all := func(terms []scim.Filter) bool {
		return !slices.ContainsFunc(terms, func(f scim.Filter) bool { return !d.decided(t, f, negated) })
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
		return d.decided(t, f.Term, true)
	case scim.Within:
		return false
	}
	return false
}

// pushed is the part of a filter that narrows a walk: the terms of a conjunction that the directory
// below decides. Everything is decided again here.
func (d *Directory) pushed(t scim.ResourceType, f scim.Filter) scim.Filter {
	if f == nil || d.pushable(t, f) {
		return f
	}
	var terms []scim.Filter
	for _, term := range scim.Conjuncts(f) {
		if d.pushable(t, term) && d.pushable(t, scim.And{Terms: append(slices.Clip(terms), term)}) {
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
