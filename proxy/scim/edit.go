package scim

import "strings"

// edit is one operation on the value of one attribute. It checks the value that is given; what was
// there was checked when it was given.
type edit struct {
	def Attribute
	p   *patcher
	op  Op
}

func (e edit) on(v *node) error {
	many := e.def.MultiValued || (e.def.Name == "" && v.isArray())
	clears := e.op.Kind == Remove || Unassigned(e.op.Value)
	switch {
	case e.op.Kind == Add && clears:
		return nil
	case e.op.Path.Filter != nil && !many && (!v.absent() || e.def.Name != ""):
		return InvalidPath("%s has no values to select from", e.op.Path.Top())
	case e.op.Path.Filter != nil:
		return e.selected(v, clears)
	case e.op.Path.Sub != "" && many:
		return e.everySub(v, clears)
	case e.op.Path.Sub != "":
		if !v.absent() && !v.isObject() {
			return InvalidPath("%s has no sub-attributes", e.op.Path.Top())
		}
		return e.setSub(v, clears)
	case clears:
		*v = node{}
		return nil
	case e.def.MultiValued || many && e.op.Kind == Add:
		return e.values(v)
	case isObject(e.op.Value):
		if !v.isObject() {
			*v = node{}
		}
		v.merge(e.op.Value)
	default:
		*v = node{raw: e.op.Value}
	}
	return e.check(e.op.Value)
}

// check a value, or one of the values, that is given for the attribute.
func (e edit) check(raw string) error {
	if e.def.Name == "" {
		return nil
	}
	return checkOne(e.def, e.op.Path.Top(), raw)
}

// setSub sets a sub-attribute of an object.
func (e edit) setSub(v *node, clears bool) error {
	sub := e.op.Path.Sub
	if clears {
		if !v.absent() {
			v.setMember(sub, "")
		}
		return nil
	}
	v.setMember(sub, e.op.Value)
	def, known := e.def.Sub(sub)
	switch {
	case e.def.Name != "" && e.def.Type != "complex":
		return e.check(v.String())
	case !known || Unassigned(e.op.Value):
		return nil
	}
	return check(def, e.op.Path.Top().With(def.Name), e.op.Value)
}

// everySub handles "emails.value" without a filter: it is clear only where there is at most one element, or for a removal.
func (e edit) everySub(v *node, clears bool) error {
	l := v.values()
	if err := e.p.look(len(l.elements)); err != nil {
		return err
	}
	if len(l.elements) == 0 && !clears {
		l.elements = []element{{}}
	}
	if n := len(l.elements); n > 1 && !clears {
		return InvalidPath("%s has %d values; select one with a filter", e.op.Path.Top(), n)
	}
	for i := range l.elements {
		one := &l.elements[i]
		if one.absent() || one.isObject() {
			one.sameness = nil
			if err := e.setSub(&one.node, clears); err != nil {
				return err
			}
		} else if !clears {
			return InvalidPath("the value of %s has no sub-attributes", e.op.Path.Top())
		}
	}
	l.drop(func(e element) bool { return e.isObject() && e.unassigned() })
	return nil
}

// selected handles attr[filter] and attr[filter].sub.
func (e edit) selected(v *node, clears bool) error {
	l := v.values()
	var touched []int
	gone := false
	for i := range l.elements {
		one := &l.elements[i]
		hit := e.p.schemas.match(e.op.Path.Filter, scope{e.p.schemas, e.p.t, e.op.Path.Top(), &one.node, &e.p.looks})
		if err := e.p.look(1); err != nil {
			return err
		}
		if !hit {
			continue
		}
		touched = append(touched, i)
		if err := e.change(one, clears); err != nil {
			return err
		}
		gone = gone || one.absent()
	}
	switch {
	case len(touched) == 0 && e.op.Kind == ReplaceAll:
		return NoTarget("%s selects nothing", e.op.Path)
	case len(touched) == 0 && e.op.Kind == Add:
		one := element{node: node{raw: "{}"}}
		if !describe(&one.node, e.op.Path.Filter) {
			return NoTarget("%s selects nothing", e.op.Path)
		}
		if err := e.change(&one, false); err != nil {
			return err
		}
		if err := e.check(one.String()); err != nil { // the filter describes it too
			return err
		}
		touched = append(touched, len(l.elements))
		l.elements = append(l.elements, one)
	}
	if len(touched) == 0 {
		return nil
	}
	if err := e.onePrimary(l, touched); err != nil {
		return err
	}
	if l.changed, l.places = true, nil; gone {
		l.drop(func(e element) bool { return e.absent() })
	}
	return nil
}

// change is what the operation does to a selected value. One that is removed is absent afterwards.
func (e edit) change(one *element, clears bool) error {
	one.sameness = nil
	if sub := e.op.Path.Sub; sub != "" && one.isObject() {
		err := e.setSub(&one.node, clears)
		if one.unassigned() {
			one.node = node{}
		}
		return err
	} else if sub != "" && !strings.EqualFold(sub, "value") {
		return InvalidPath("%s: the value has no sub-attributes", e.op.Path)
	}
	switch {
	case clears:
		one.node = node{}
		return nil
	case e.op.Kind == Add && one.isObject() && isObject(e.op.Value):
		one.merge(e.op.Value)
	default:
		one.node = node{raw: e.op.Value}
	}
	return e.check(e.op.Value)
}

// describe makes the value that a filter's "eq" terms describe.
func describe(v *node, f Filter) bool {
	for _, t := range Conjuncts(f) {
		c, ok := t.(Compare)
		if !ok || c.Op != Eq {
			return false
		}
		if c.Value != "null" {
			v.setMember(c.Attr.Name, c.Value)
		}
	}
	return true
}
