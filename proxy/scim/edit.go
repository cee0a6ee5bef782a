package scim

import "strings"

// edit is one operation on one attribute's JSON text.
type edit struct {
	def Attribute
	p   patcher
	op  Op
}

func (e edit) on(raw string) (string, error) {
	many := e.def.MultiValued || (e.def.Name == "" && isArray(raw))
	clears := e.op.Kind == Remove || Unassigned(e.op.Value)
	switch {
	case e.op.Kind == Add && clears:
		return raw, nil
	case e.op.Path.Filter != nil && !many && (raw != "" || e.def.Name != ""):
		return "", InvalidPath("%s has no values to select from", e.op.Path.Top())
	case e.op.Path.Filter != nil:
		return e.selected(raw, clears)
	case e.op.Path.Sub != "" && many:
		return e.everySub(raw, clears)
	case e.op.Path.Sub != "":
		if raw != "" && !isObject(raw) {
			return "", InvalidPath("%s has no sub-attributes", e.op.Path.Top())
		}
		return e.setSub(raw, clears), nil
	case clears:
		return "", nil
	case e.def.MultiValued || many && e.op.Kind == Add:
		return e.values(raw)
	case isObject(e.op.Value) && isObject(raw):
		return merge(raw, e.op.Value), nil
	case isObject(e.op.Value):
		return merge("{}", e.op.Value), nil
	}
	return e.op.Value, nil
}

func (e edit) setSub(object string, clears bool) string {
	if object == "" {
		object = "{}"
	}
	if clears {
		return setMember(object, e.op.Path.Sub, "")
	}
	return setMember(object, e.op.Path.Sub, e.op.Value)
}

// everySub handles "emails.value" without a filter: it is clear only where there is at most one element, or for a removal.
func (e edit) everySub(raw string, clears bool) (string, error) {
	es := Elements(raw)
	if len(es) == 0 && !clears {
		es = []string{"{}"}
	}
	if len(es) > 1 && !clears {
		return "", InvalidPath("%s has %d values; select one with a filter", e.op.Path.Top(), len(es))
	}
	for i := range es {
		switch {
		case isObject(es[i]):
			es[i] = e.setSub(es[i], clears)
		case !clears:
			return "", InvalidPath("the value of %s has no sub-attributes", e.op.Path.Top())
		}
	}
	return Array(withoutEmpty(es)), nil
}

// selected handles attr[filter] and attr[filter].sub.
func (e edit) selected(raw string, clears bool) (string, error) {
	var out []string
	touched := map[int]bool{}
	hits := 0
	for _, element := range Elements(raw) {
		if !e.p.schemas.match(e.op.Path.Filter, elementScope{e.p.schemas, e.p.t, e.op.Path.Top(), element}) {
			out = append(out, element)
			continue
		}
		hits++
		if sub := e.op.Path.Sub; sub != "" && !isObject(element) && !strings.EqualFold(sub, "value") {
			return "", InvalidPath("%s: the value has no sub-attributes", e.op.Path)
		}
		if element = e.change(element, clears); element != "" && element != "{}" {
			touched[len(out)] = true
			out = append(out, element)
		}
	}
	switch {
	case hits == 0 && e.op.Kind == ReplaceAll:
		return "", NoTarget("%s selects nothing", e.op.Path)
	case hits == 0 && e.op.Kind == Add:
		element, ok := described(e.op.Path.Filter)
		if !ok {
			return "", NoTarget("%s selects nothing", e.op.Path)
		}
		touched[len(out)] = true
		out = append(out, e.change(element, false))
	}
	return onePrimary(out, touched)
}

func (e edit) change(element string, clears bool) string {
	switch {
	case e.op.Path.Sub != "" && isObject(element):
		return e.setSub(element, clears)
	case clears:
		return ""
	case e.op.Kind == Add && isObject(element) && isObject(e.op.Value):
		return merge(element, e.op.Value)
	}
	return e.op.Value
}

// values adds to all values of a multi-valued attribute, or replaces them.
func (e edit) values(raw string) (string, error) {
	given := Elements(e.op.Value)
	if e.op.Kind == ReplaceAll {
		return Array(given), nil
	}
	out := Elements(raw)
	touched, at := map[int]bool{}, places{}
	for i, element := range out {
		at.put(i, element)
	}
	for _, g := range given {
		i, there := at.find(g)
		switch {
		case !there:
			i = len(out)
			out = append(out, g)
		case isObject(g):
			out[i] = merge(out[i], g)
		}
		at.put(i, out[i])
		touched[i] = true
	}
	return onePrimary(out, touched)
}

// places finds the element that a value would repeat: equal, or with the same "value" and "type" (RFC 7643 section 2.4). It is an index
// because comparing all with all takes seconds for a thousand values.
type places map[string]int

func (p places) put(i int, element string) {
	for _, k := range sameness(element) {
		if _, taken := p[k]; !taken {
			p[k] = i
		}
	}
}

func (p places) find(element string) (int, bool) {
	for _, k := range sameness(element) {
		if i, ok := p[k]; ok {
			return i, true
		}
	}
	return 0, false
}

// sameness is what makes a value a repetition: itself, or its value and type.
func sameness(element string) []string {
	keys := []string{canonical(element)}
	if v := getMember(element, "value"); v != "" {
		keys = append(keys, "["+canonical(v)+","+canonical(getMember(element, "type"))+"]")
	}
	return keys
}

// onePrimary lets a value that became primary take that mark from the others (RFC 7644 section 3.5.2).
func onePrimary(elements []string, touched map[int]bool) (string, error) {
	primary := func(i int) bool { return isObject(elements[i]) && getMember(elements[i], "primary") == "true" }
	fresh := 0
	for i := range touched {
		if primary(i) {
			fresh++
		}
	}
	if fresh > 1 {
		return "", InvalidValue("more than one value is primary")
	}
	for i := range elements {
		if fresh == 1 && primary(i) && !touched[i] {
			elements[i] = setMember(elements[i], "primary", "false")
		}
	}
	return Array(elements), nil
}

// described is the element that a filter's "eq" terms describe.
func described(f Filter) (string, bool) {
	switch f := f.(type) {
	case Compare:
		if f.Op != Eq {
			return "", false
		}
		return merge("{}", setMember("{}", f.Attr.Name, f.Value)), true
	case And:
		element := "{}"
		for _, t := range f.Terms {
			one, ok := described(t)
			if !ok {
				return "", false
			}
			element = merge(element, one)
		}
		return element, true
	default:
		return "", false
	}
}

func merge(into, from string) string {
	for _, m := range members(from) {
		raw := m.raw
		if raw == "null" {
			raw = ""
		}
		into = setMember(into, m.key, raw)
	}
	return into
}

func withoutEmpty(es []string) []string {
	var out []string
	for _, e := range es {
		if e != "{}" {
			out = append(out, e)
		}
	}
	return out
}
