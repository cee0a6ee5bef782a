package scim

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Filter is a parsed filter (RFC 7644 section 3.4.2.2): Compare, Present, And, Or, Not or Within.
//
//sumtype:decl
type Filter interface {
	// String prints a filter that parses to the same tree.
	String() string
	filter()
}

// Operator of a comparison, in lower case.
type Operator string

// The comparison operators.
const (
	Eq Operator = "eq"
	Ne Operator = "ne"
	Co Operator = "co"
	Sw Operator = "sw"
	Ew Operator = "ew"
	Gt Operator = "gt"
	Ge Operator = "ge"
	Lt Operator = "lt"
	Le Operator = "le"
)

type (
	// Compare is "attribute operator value". Value is the JSON text of a string, number, boolean or
	// null.
	Compare struct {
		Attr  AttrPath
		Op    Operator
		Value string
	}
	// Present is "attribute pr".
	Present struct{ Attr AttrPath }
	// And matches if all terms match.
	And struct{ Terms []Filter }
	// Or matches if one term matches.
	Or struct{ Terms []Filter }
	// Not matches if the term does not.
	Not struct{ Term Filter }
	// Within is "attribute[filter]": one element of the attribute matches the whole inner filter.
	Within struct {
		Attr   AttrPath
		Filter Filter
	}
)

func (Compare) filter() {}
func (Present) filter() {}
func (And) filter()     {}
func (Or) filter()      {}
func (Not) filter()     {}
func (Within) filter()  {}

func (f Compare) String() string { return f.Attr.String() + " " + string(f.Op) + " " + f.Value }
func (f Present) String() string { return f.Attr.String() + " pr" }
func (f Not) String() string     { return "not (" + f.Term.String() + ")" }
func (f Within) String() string  { return f.Attr.String() + "[" + f.Filter.String() + "]" }

func (f And) String() string {
	parts := make([]string, len(f.Terms))
	for i, t := range f.Terms {
		switch t.(type) {
		case And, Or:
			parts[i] = "(" + t.String() + ")"
		default:
			parts[i] = t.String()
		}
	}
	return strings.Join(parts, " and ")
}

func (f Or) String() string {
	parts := make([]string, len(f.Terms))
	for i, t := range f.Terms {
		if _, nested := t.(Or); nested {
			parts[i] = "(" + t.String() + ")"
		} else {
			parts[i] = t.String()
		}
	}
	return strings.Join(parts, " or ")
}

// Equal returns the filter `attr eq "text"`.
func Equal(attr AttrPath, text string) Compare { return Compare{attr, Eq, document.Quote(text)} }

// MapFilter returns a filter with each comparison replaced. change gets Compare, Present and Within
// with the attribute that contains them: emails inside emails[...], else none. If it returns a
// Within, the filter inside is changed next.
func MapFilter(f Filter, change func(of AttrPath, f Filter) (Filter, error)) (Filter, error) {
	return mapFilter(f, AttrPath{}, change)
}

func mapFilter(f Filter, of AttrPath, change func(of AttrPath, f Filter) (Filter, error)) (Filter, error) {
	all := func(terms []Filter) ([]Filter, error) {
		out := make([]Filter, len(terms))
		for i, t := range terms {
			var err error
			if out[i], err = mapFilter(t, of, change); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	var err error
	switch f := f.(type) {
	case And:
		f.Terms, err = all(f.Terms)
		return f, err
	case Or:
		f.Terms, err = all(f.Terms)
		return f, err
	case Not:
		f.Term, err = mapFilter(f.Term, of, change)
		return f, err
	case Compare, Present, Within:
	}
	out, err := change(of, f)
	if w, ok := out.(Within); ok && err == nil {
		w.Filter, err = mapFilter(w.Filter, w.Attr, change)
		return w, err
	}
	return out, err
}

// Conjuncts returns the filters that must all match for f to match: the terms of an And, also of an
// And inside it, or f itself.
func Conjuncts(f Filter) []Filter {
	and, ok := f.(And)
	if !ok {
		return []Filter{f}
	}
	var out []Filter
	for _, t := range and.Terms {
		out = append(out, Conjuncts(t)...)
	}
	return out
}

// Attributes calls visit for every attribute in a filter. Attributes inside attr[...] get the path
// of attr.
func Attributes(f Filter, visit func(AttrPath)) {
	switch f := f.(type) {
	case Compare:
		visit(f.Attr)
	case Present:
		visit(f.Attr)
	case And:
		for _, t := range f.Terms {
			Attributes(t, visit)
		}
	case Or:
		for _, t := range f.Terms {
			Attributes(t, visit)
		}
	case Not:
		Attributes(f.Term, visit)
	case Within:
		visit(f.Attr)
		Attributes(f.Filter, func(in AttrPath) { visit(f.Attr.With(in.Name)) })
	}
}

// Comparisons returns the number of comparisons in a filter.
func Comparisons(f Filter) int {
	n := 0
	add := func(terms []Filter) int {
		for _, t := range terms {
			n += Comparisons(t)
		}
		return n
	}
	switch f := f.(type) {
	case And:
		return add(f.Terms)
	case Or:
		return add(f.Terms)
	case Not:
		return Comparisons(f.Term)
	case Within:
		return Comparisons(f.Filter)
	case Compare, Present:
	}
	return 1
}
