package scim

import "slices"

// values adds to all values of a multi-valued attribute, or replaces them.
func (e edit) values(v *node) error {
	given := Elements(e.op.Value)
	if e.op.Kind == ReplaceAll {
		*v = node{raw: Array(given)}
		if e.def.Name == "" {
			return nil
		}
		return check(e.def, e.op.Path.Top(), v.raw)
	}
	l := v.values()
	if l.places == nil {
		l.places = places{}
		for i := range l.elements {
			one := &l.elements[i]
			if err := e.p.look(1 + one.unread()); err != nil {
				return err
			}
			l.places.put(i, one)
		}
	}
	var touched []int
	for _, g := range given {
		if err := e.check(g); err != nil {
			return err
		}
		touched = append(touched, l.add(g))
	}
	l.changed = true
	return e.onePrimary(l, touched)
}

// add puts a value into the list, or merges it into the one that it repeats. It returns its
// position.
func (l *list) add(value string) int {
	one := element{node: node{raw: value}}
	i, there := l.places.find(&one)
	switch {
	case !there:
		i = len(l.elements)
		l.elements = append(l.elements, one)
		l.places.put(i, &l.elements[i])
	case isObject(value): // its value and type stay the same, so it stays in its place
		l.elements[i].merge(value)
		l.elements[i].sameness = nil
	}
	return i
}

// places finds the element that a value would repeat: equal, or with the same "value" and "type"
// (RFC 7643 section 2.4). It is an index because comparing all with all takes seconds for a
// thousand values.
type places map[string]int

func (p places) put(i int, one *element) {
	for _, k := range one.same() {
		if _, taken := p[k]; !taken {
			p[k] = i
		}
	}
}

func (p places) find(one *element) (int, bool) {
	for _, k := range one.same() {
		if i, ok := p[k]; ok {
			return i, true
		}
	}
	return 0, false
}

// same is what makes a value a repetition: itself, or its value and type.
func (e *element) same() []string {
	if e.sameness == nil {
		e.sameness = []string{Canonical(e.String())}
		if v := e.text("value"); v != "" {
			e.sameness = append(e.sameness, "["+Canonical(v)+","+Canonical(e.text("type"))+"]")
		}
	}
	return e.sameness
}

// unread is what it costs to find that out, in looks; 0 if it is known.
func (e *element) unread() int {
	if e.sameness != nil {
		return 0
	}
	return len(e.String()) / lookBytes
}

// onePrimary lets a value that became primary take that mark from the others (RFC 7644 section
// 3.5.2).
func (e edit) onePrimary(l *list, touched []int) error {
	fresh := -1
	for _, i := range touched {
		if i == fresh || !l.elements[i].primary() {
			continue
		}
		if fresh >= 0 {
			return InvalidValue("more than one value is primary")
		}
		fresh = i
	}
	if fresh < 0 {
		return nil
	}
	if err := e.p.look(len(l.elements)); err != nil {
		return err
	}
	for i := range l.elements {
		if one := &l.elements[i]; i != fresh && one.primary() {
			one.setMember("primary", "false")
			one.sameness, l.places = nil, nil
		}
	}
	return nil
}

// drop takes elements out.
func (l *list) drop(gone func(element) bool) {
	l.elements = slices.DeleteFunc(l.elements, gone)
	l.changed, l.places = true, nil
}
