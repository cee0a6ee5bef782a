package scim

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// edit is one operation on one attribute. It checks the given value, not the existing ones.
type edit struct {
	def Attribute
	p   *patcher
	op  Op
}

func (e edit) on(v *document.Node) error {
	many := e.def.MultiValued || (e.def.Name == "" && v.IsArray())
	_, identified := e.def.Sub("value")
	clears := e.op.Kind == Remove || document.Unassigned(e.op.Value)
	switch {
	case e.op.Kind == Add && clears:
		return nil
	case e.op.Path.Filter != nil && !many && identified:
		return e.selectedOnly(v, clears)
	case e.op.Path.Filter != nil && !many && (!v.Absent() || e.def.Name != ""):
		return InvalidPath("%s has no values to select from", e.op.Path.Top())
	case e.op.Path.Filter != nil:
		return e.selected(v, clears)
	case e.op.Kind == Remove && many && e.op.Path.Sub == "" && e.op.Value != "" && e.op.Value != "null":
		return e.removeValues(v)
	case e.op.Path.Sub != "" && many:
		return e.everySub(v, clears)
	case e.op.Path.Sub != "":
		if !v.Absent() && !v.IsObject() {
			return InvalidPath("%s has no sub-attributes", e.op.Path.Top())
		}
		return e.setSub(v, clears)
	case clears:
		*v = document.Node{}
		return nil
	case e.def.MultiValued || many && e.op.Kind == Add:
		return e.values(v)
	case document.IsObject(e.op.Value):
		if !v.IsObject() {
			*v = document.Node{}
		}
		v.Merge(e.op.Value)
	default:
		*v = document.NewNode(e.op.Value)
	}
	return e.check(e.op.Value)
}

// check checks a value, or an element, for the attribute.
func (e edit) check(raw string) error {
	if e.def.Name == "" {
		return nil
	}
	return checkOne(e.def, e.op.Path.Top(), raw)
}

// setSub sets a sub-attribute of an object.
func (e edit) setSub(v *document.Node, clears bool) error {
	sub := e.op.Path.Sub
	if clears {
		if !v.Absent() {
			v.SetMember(sub, "")
		}
		return nil
	}
	v.SetMember(sub, e.op.Value)
	def, known := e.def.Sub(sub)
	switch {
	case e.def.Name != "" && e.def.Type != "complex":
		return e.check(v.String())
	case !known || document.Unassigned(e.op.Value):
		return nil
	}
	return check(def, e.op.Path.Top().With(def.Name), e.op.Value)
}

// everySub handles "emails.value" without a filter. Unless it is removed, the attribute may have at
// most one element.
func (e edit) everySub(v *document.Node, clears bool) error {
	l := v.Values()
	if err := e.p.look(len(l.Elements)); err != nil {
		return err
	}
	if len(l.Elements) == 0 && !clears {
		l.Elements = []document.Element{{}}
	}
	if n := len(l.Elements); n > 1 && !clears {
		return InvalidPath("%s has %d values; select one with a filter", e.op.Path.Top(), n)
	}
	for i := range l.Elements {
		one := &l.Elements[i]
		if one.Absent() || one.IsObject() {
			one.Forget()
			if err := e.setSub(&one.Node, clears); err != nil {
				return err
			}
		} else if !clears {
			return InvalidPath("the value of %s has no sub-attributes", e.op.Path.Top())
		}
	}
	l.Drop(func(e document.Element) bool { return e.IsObject() && e.Unassigned() })
	return nil
}

// selectedOnly handles manager[value eq "x"], a filter on a single-valued attribute that has a
// "value": the one value is selected or not. A value that is added takes its place.
func (e edit) selectedOnly(v *document.Node, clears bool) error {
	if err := e.selected(v, clears); err != nil {
		return err
	}
	l := v.Values()
	if len(l.Elements) == 0 {
		*v = document.Node{}
		return nil
	}
	*v = l.Elements[len(l.Elements)-1].Node
	return nil
}

// selected handles attr[filter] and attr[filter].sub.
func (e edit) selected(v *document.Node, clears bool) error {
	l := v.Values()
	var touched []int
	gone := false
	for i := range l.Elements {
		one := &l.Elements[i]
		hit := e.p.schemas.match(e.op.Path.Filter, scope{e.p.schemas, e.p.t, e.op.Path.Top(), &one.Node, &e.p.looks})
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
		gone = gone || one.Absent()
	}
	switch {
	case len(touched) == 0 && e.op.Kind == ReplaceAll:
		return NoTarget("%s selects nothing", e.op.Path)
	case len(touched) == 0 && e.op.Kind == Add:
		one := document.NewElement("{}")
		if !describe(&one.Node, e.op.Path.Filter) {
			return NoTarget("%s selects nothing", e.op.Path)
		}
		if err := e.change(&one, false); err != nil {
			return err
		}
		if err := e.check(one.String()); err != nil { // it also has values from the filter
			return err
		}
		touched = append(touched, len(l.Elements))
		l.Elements = append(l.Elements, one)
	}
	if len(touched) == 0 {
		return nil
	}
	if err := e.onePrimary(l, touched); err != nil {
		return err
	}
	if l.Touch(); gone {
		l.Drop(func(e document.Element) bool { return e.Absent() })
	}
	return nil
}

// change applies the operation to a selected value. A removed value is absent afterwards.
func (e edit) change(one *document.Element, clears bool) error {
	one.Forget()
	if sub := e.op.Path.Sub; sub != "" && one.IsObject() {
		err := e.setSub(&one.Node, clears)
		if one.Unassigned() {
			one.Node = document.Node{}
		}
		return err
	} else if sub != "" && !strings.EqualFold(sub, "value") {
		return InvalidPath("%s: the value has no sub-attributes", e.op.Path)
	}
	switch {
	case clears:
		one.Node = document.Node{}
		return nil
	case e.op.Kind == Add && one.IsObject() && document.IsObject(e.op.Value):
		one.Merge(e.op.Value)
	default:
		one.Node = document.NewNode(e.op.Value)
	}
	return e.check(e.op.Value)
}

// describe sets the values in the "eq" terms of a filter.
func describe(v *document.Node, f Filter) bool {
	for _, t := range Conjuncts(f) {
		c, ok := t.(Compare)
		if !ok || c.Op != Eq {
			return false
		}
		if c.Value != "null" {
			v.SetMember(c.Attr.Name, c.Value)
		}
	}
	return true
}
