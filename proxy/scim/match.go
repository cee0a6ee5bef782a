package scim

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Match decides a filter on a resource (RFC 7644 section 3.4.2.2).
//
// Any value of a multi-valued attribute may match; a complex attribute without a sub-attribute stands for its "value". Text compares
// without regard to case unless the schema says caseExact. "ne" is "not eq", so it holds where the attribute has no value. Comparing
// with null asks whether there is a value.
func (s Schemas) Match(f Filter, t ResourceType, r Resource) bool {
	return s.match(f, resourceScope{s, t, r})
}

// scope finds the values of an attribute and what is known of it.
type scope interface {
	values(p AttrPath) []string
	definition(p AttrPath) Attribute
	within(p AttrPath) []scope
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
		for _, element := range in.within(f.Attr) {
			if s.match(f.Filter, element) {
				return true
			}
		}
		return false
	case Present:
		return len(in.values(f.Attr)) > 0
	case Compare:
		return compareAny(f, in)
	}
	return false
}

func compareAny(f Compare, in scope) bool {
	values := in.values(f.Attr)
	if f.Op == Ne {
		f.Op = Eq
		return !compareAny(f, in)
	}
	if f.Value == "null" {
		return f.Op == Eq && len(values) == 0
	}
	def := in.definition(f.Attr)
	for _, v := range values {
		if compare(f.Op, v, f.Value, def) {
			return true
		}
	}
	return false
}

type resourceScope struct {
	schemas Schemas
	t       ResourceType
	r       Resource
}

func (s resourceScope) definition(p AttrPath) Attribute {
	a, _ := s.schemas.Lookup(s.t, p)
	if len(a.SubAttributes) > 0 && p.Sub == "" {
		a, _ = a.Sub("value")
	}
	return a
}

func (s resourceScope) values(p AttrPath) []string {
	var out []string
	for _, e := range Elements(s.r.Get(p.Top())) {
		if p.Sub == "" || isObject(e) {
			e = elementValue(e, p.Sub)
		} else if !strings.EqualFold(p.Sub, "value") {
			e = ""
		}
		if !Unassigned(e) {
			out = append(out, e)
		}
	}
	return out
}

func (s resourceScope) within(p AttrPath) []scope {
	var out []scope
	for _, e := range Elements(s.r.Get(p)) {
		out = append(out, elementScope{s.schemas, s.t, p, e})
	}
	return out
}

// elementValue is a sub-attribute of an element. Without one it is the element's "value", or the whole element where it has none.
func elementValue(element, sub string) string {
	if !isObject(element) {
		return element
	}
	if sub != "" {
		return getMember(element, sub)
	}
	if v := getMember(element, "value"); v != "" {
		return v
	}
	return element
}

type elementScope struct {
	schemas Schemas
	t       ResourceType
	of      AttrPath
	raw     string
}

func (s elementScope) definition(p AttrPath) Attribute {
	a, _ := s.schemas.Lookup(s.t, s.of.With(p.Name))
	return a
}

func (s elementScope) values(p AttrPath) []string {
	v := s.raw
	if isObject(v) {
		v = getMember(v, p.Name)
	} else if !strings.EqualFold(p.Name, "value") {
		return nil
	}
	if Unassigned(v) {
		return nil
	}
	return []string{v}
}

func (s elementScope) within(AttrPath) []scope { return nil }

// compare one value of the resource with the filter's. Values of different kinds never match, but for "True" and the like, which
// are no concern of this package.
func compare(op Operator, have, want string, def Attribute) bool {
	switch {
	case IsText(have) && IsText(want):
		return compareText(op, Text(have), Text(want), def)
	case !IsText(have) && !IsText(want):
		if have == "true" || have == "false" || want == "true" || want == "false" {
			return op == Eq && have == want
		}
		return compareNumber(op, have, want)
	}
	return false
}

func compareText(op Operator, have, want string, def Attribute) bool {
	if def.Type == "dateTime" {
		h, err1 := time.Parse(time.RFC3339, have)
		w, err2 := time.Parse(time.RFC3339, want)
		if err1 == nil && err2 == nil && op != Co && op != Sw && op != Ew {
			return ordered(op, h.Compare(w))
		}
	}
	if !def.CaseExact {
		have, want = strings.ToLower(have), strings.ToLower(want)
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

// compareIntegers compares integers of any size by their digits: as floats, neighbours beyond 2^53 would be equal. JSON has no leading zeros.
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
