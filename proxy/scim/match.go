package scim

import (
	"cmp"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Match evaluates a filter on a resource (RFC 7644 section 3.4.2.2).
//
// A multi-valued attribute matches if one of its values does; a complex attribute without a
// sub-attribute stands for its "value". Text is compared without case unless the schema says
// caseExact. "ne" is "not eq", so it matches if the attribute has no value. A comparison with null
// tests whether there is a value.
func (s Schemas) Match(f Filter, t ResourceType, r Resource) bool {
	on := document.NewNode(r.String())
	return s.match(f, scope{s, t, AttrPath{}, &on, nil})
}

// scope is what a filter is evaluated on: a resource, or a value of the attribute "of".
type scope struct {
	schemas Schemas
	t       ResourceType
	of      AttrPath
	on      *document.Node
	looks   *int // counts comparisons, up to maxLooks; nil does not count
}

func (s Schemas) match(f Filter, in scope) bool {
	switch f := f.(type) {
	case And:
		for _, t := range f.Terms {
			if !s.match(t, in) {
				return false
			}
		}
		return true
	case Or:
		for _, t := range f.Terms {
			if s.match(t, in) {
				return true
			}
		}
		return false
	case Not:
		return !s.match(f.Term, in)
	case Within:
		return in.within(f)
	case Present:
		return in.some(f.Attr, func(string) bool { return true })
	case Compare:
		return in.compare(f)
	}
	return false
}

func (s scope) compare(f Compare) bool {
	if f.Op == Ne {
		f.Op = Eq
		return !s.compare(f)
	}
	if f.Value == "null" {
		return f.Op == Eq && !s.some(f.Attr, func(string) bool { return true })
	}
	def := s.definition(f.Attr)
	return s.some(f.Attr, func(v string) bool { return compare(f.Op, v, f.Value, def) })
}

func (s scope) definition(p AttrPath) Attribute {
	if !s.of.IsZero() {
		a, _ := s.schemas.Lookup(s.t, s.of.With(p.Name))
		return a
	}
	a, _ := s.schemas.Lookup(s.t, p)
	if len(a.SubAttributes) > 0 && p.Sub == "" {
		a, _ = a.Sub("value")
	}
	return a
}

// some reports whether holds is true for one of the values of an attribute.
func (s scope) some(p AttrPath, holds func(raw string) bool) bool {
	if !s.of.IsZero() {
		v := sub(s.on, p.Name)
		return s.look(v) && !document.Unassigned(v) && holds(v)
	}
	if p.URN != "" && s.schemas.Open(s.t, p) {
		if doc := s.on.Open(); doc != nil {
			p = own(p, doc)
		}
	}
	values := s.at(p.Top())
	for i := range values {
		e := &values[i]
		v := e.String()
		if p.Sub != "" {
			v = sub(&e.Node, p.Sub)
		} else if value := e.Text("value"); value != "" { // a complex value without a sub-attribute stands for its "value"
			v = value
		}
		if !document.Unassigned(v) && holds(v) {
			return true
		}
	}
	return false
}

func (s scope) within(f Within) bool {
	if !s.of.IsZero() {
		return false
	}
	values := s.at(f.Attr)
	for i := range values {
		if s.schemas.match(f.Filter, scope{s.schemas, s.t, f.Attr, &values[i].Node, s.looks}) {
			return true
		}
	}
	return false
}

// look counts a comparison; a long text counts more. It returns false above maxLooks.
func (s scope) look(v string) bool {
	if s.looks == nil {
		return true
	}
	*s.looks += 1 + len(v)/lookBytes
	return *s.looks <= maxLooks
}

// at returns the values of an attribute. They stay parsed for the next comparison.
func (s scope) at(p AttrPath) []document.Element {
	if o := s.on.Open(); o != nil {
		if n := o.Node(p); n != nil {
			return n.Values().Elements
		}
	}
	return nil
}

// sub returns a sub-attribute of a value. A value that is not an object is its own "value".
func sub(n *document.Node, name string) string {
	if n.IsObject() {
		return n.Text(name)
	}
	if strings.EqualFold(name, "value") {
		return n.String()
	}
	return ""
}

// compare compares a value of the resource with the filter's. Values of different types never
// match; rules of dialects convert texts such as "True".
func compare(op Operator, have, want string, def Attribute) bool {
	switch {
	case document.IsText(have) && document.IsText(want):
		return compareText(op, document.Text(have), document.Text(want), def)
	case !document.IsText(have) && !document.IsText(want):
		if have == "true" || have == "false" || want == "true" || want == "false" {
			return op == Eq && have == want
		}
		return compareNumber(op, have, want)
	}
	return false
}

func compareText(op Operator, have, want string, def Attribute) bool {
	if def.Type == "dateTime" {
		h, err1 := ParseDateTime(have)
		w, err2 := ParseDateTime(want)
		if err1 == nil && err2 == nil && op != Co && op != Sw && op != Ew {
			return ordered(op, h.Compare(w))
		}
	}
	if !def.CaseExact {
		have, want = document.Lower(have), document.Lower(want)
	}
	switch op {
	case Co:
		return strings.Contains(have, want)
	case Sw:
		return strings.HasPrefix(have, want)
	case Ew:
		return strings.HasSuffix(have, want)
	default:
		return ordered(op, strings.Compare(have, want))
	}
}

func compareNumber(op Operator, have, want string) bool {
	if integer(have) && integer(want) {
		return ordered(op, compareIntegers(have, want))
	}
	h, err1 := strconv.ParseFloat(have, 64)
	w, err2 := strconv.ParseFloat(want, 64)
	if err1 != nil || err2 != nil {
		return op == Eq && have == want
	}
	return ordered(op, cmp.Compare(h, w))
}

func integer(number string) bool { return strings.Trim(number, "-0123456789") == "" }

// compareIntegers compares integers of any size by their digits, because floats are not exact above
// 2^53. JSON has no leading zeros.
func compareIntegers(a, b string) int {
	negative := func(s string) bool { return strings.HasPrefix(s, "-") && s != "-0" }
	switch {
	case negative(a) && negative(b):
		a, b = b[1:], a[1:]
	case negative(a):
		return -1
	case negative(b):
		return 1
	}
	a, b = strings.TrimPrefix(a, "-"), strings.TrimPrefix(b, "-")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func ordered(op Operator, c int) bool {
	switch op {
	case Eq:
		return c == 0
	case Gt:
		return c > 0
	case Ge:
		return c >= 0
	case Lt:
		return c < 0
	case Le:
		return c <= 0
	default:
		return false
	}
}
