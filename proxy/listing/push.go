package listing

import (
	"slices"

	"keycloak-scim-proxy/proxy/scim"
)

// The longest filter and the most terms that are pushed down: natively 2,048 characters and a depth of 10 are the limits, and a walk adds a
// term of its own.
const (
	maxPushed = 1500
	maxDepth  = 8
)

// pushable reports whether the directory below decides the whole filter rightly. Nothing that holds one foreign name is pushed down:
// natively a name that is not mapped poisons the expression around it.
func (d *Directory) pushable(t scim.ResourceType, f scim.Filter) bool {
	return d.decided(t, f, false) && len(f.String()) <= maxPushed && depth(f) <= maxDepth
}

func (d *Directory) decided(t scim.ResourceType, f scim.Filter, negated bool) bool {
	all := func(terms []scim.Filter) bool {
		return !slices.ContainsFunc(terms, func(f scim.Filter) bool { return !d.decided(t, f, negated) })
	}
	switch f := f.(type) {
	case scim.Compare:
		can := d.Directory.Able().Filters[t][f.Attr.Key()]
		switch {
		case f.Value == "null":
			return false
		case negated || f.Op == scim.Ne:
			return can == scim.Fully
		}
		return can >= scim.Positively || can == scim.ByEqual && f.Op == scim.Eq
	case scim.Present:
		return d.Directory.Able().Filters[t][f.Attr.Key()] >= scim.Positively && !negated
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

func depth(f scim.Filter) int {
	deepest := 0
	switch f := f.(type) {
	case scim.And:
		for _, t := range f.Terms {
			deepest = max(deepest, depth(t))
		}
	case scim.Or:
		for _, t := range f.Terms {
			deepest = max(deepest, depth(t))
		}
	case scim.Not:
		deepest = depth(f.Term)
	case scim.Compare, scim.Present, scim.Within:
		return 1
	}
	return deepest + 1
}

// pushed is the part of a filter that narrows a walk: the terms of a conjunction that the directory below decides. Everything is
// decided again here.
func (d *Directory) pushed(t scim.ResourceType, f scim.Filter) scim.Filter {
	if f == nil || d.pushable(t, f) {
		return f
	}
	and, ok := f.(scim.And)
	if !ok {
		return nil
	}
	var terms []scim.Filter
	for _, term := range and.Terms {
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
