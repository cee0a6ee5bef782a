package scim

import "strings"

// Apply performs PATCH operations in order, all or none (RFC 7644 section 3.5.2). Three things the RFC leaves open are decided so:
// a replace of a complex attribute merges the sub-attributes that are given; an add whose value filter selects nothing makes the element
// that the filter's "eq" terms describe; a remove that selects nothing changes nothing, so that a repeated request succeeds.
func (s Schemas) Apply(t ResourceType, r Resource, ops []Op) (Resource, error) {
	p := patcher{s, t}
	var err error
	for _, op := range ops {
		if op.Path.IsZero() {
			r, err = p.each(r, op, members(op.Value), func(m member) (AttrPath, error) { return ParseAttrPath(m.key) })
		} else {
			r, err = p.apply(r, op)
		}
		if err != nil {
			return Resource{}, err
		}
	}
	return r, nil
}

type patcher struct {
	schemas Schemas
	t       ResourceType
}

// each applies the members of an object value one by one.
func (p patcher) each(r Resource, op Op, ms []member, path func(member) (AttrPath, error)) (Resource, error) {
	for _, m := range ms {
		at, err := path(m)
		if err == nil {
			r, err = p.apply(r, Op{op.Kind, Path{AttrPath: at}, m.raw})
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

func (p patcher) apply(r Resource, op Op) (Resource, error) {
	op.Path.AttrPath = p.resolve(r, op)
	at := op.Path
	if at.Name == "" {
		return p.extension(r, op)
	}
	def, known := p.schemas.Lookup(p.t, at.Top())
	if !known && at.URN == "" && r.Get(at.Top()) == "" {
		return r, InvalidPath("%s has no attribute %q", p.t, at.Top())
	}
	if err := p.writable(at, def, op); err != nil {
		return r, err
	}
	if def.Returned == "never" {
		return r, nil
	}
	before := r.Get(at.Top())
	after, err := edit{def, p, op}.on(before)
	if err != nil {
		return r, err
	}
	if err := p.schemas.checkAt(p.t, at.Top(), after); err != nil {
		return r, err
	}
	if Unassigned(after) {
		after = ""
	}
	return r.Set(at.Top(), after), nil
}

// resolve decides whether "urn:x:User" in an extension that nobody declared is the whole extension or the attribute User of urn:x:
// what the resource has decides, then whether the value is an object.
func (p patcher) resolve(r Resource, op Op) AttrPath {
	at := op.Path.AttrPath
	if at.Sub != "" || op.Path.Filter != nil || !p.schemas.Open(p.t, at) || r.Raw(at.URN) != "" {
		return at
	}
	if whole := (AttrPath{URN: at.String()}); r.Raw(whole.URN) != "" || isObject(op.Value) {
		return whole
	}
	return at
}

func (p patcher) extension(r Resource, op Op) (Resource, error) {
	urn := op.Path.URN
	switch {
	case strings.EqualFold(urn, p.schemas.core[p.t].ID):
		return r, InvalidPath("%s names the whole resource", urn)
	case op.Kind == Remove || op.Value == "null":
		return r.With(urn, ""), nil
	case !isObject(op.Value):
		return r, InvalidValue("the extension %s is not an object", urn)
	}
	return p.each(r, op, members(op.Value), func(m member) (AttrPath, error) { return AttrPath{URN: urn, Name: m.key}, nil })
}

func (p patcher) writable(at Path, def Attribute, op Op) error {
	sub, _ := def.Sub(at.Sub)
	if def.Mutability == "readOnly" || sub.Mutability == "readOnly" {
		return Mutability("%s is read-only", at.AttrPath)
	}
	if def.Required && at.Sub == "" && (op.Kind == Remove || Unassigned(op.Value)) {
		return Mutability("%s is required", at.AttrPath)
	}
	return nil
}

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
	case many:
		return e.values(raw)
	case isObject(e.op.Value) && isObject(raw):
		return merge(raw, e.op.Value), nil
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
		if isObject(es[i]) {
			es[i] = e.setSub(es[i], clears)
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

// values adds to, or replaces, all values of a multi-valued attribute.
func (e edit) values(raw string) (string, error) {
	given := Elements(e.op.Value)
	if e.op.Kind == ReplaceAll {
		return Array(given), nil
	}
	out := Elements(raw)
	touched := map[int]bool{}
	for _, g := range given {
		i := sameValue(out, g)
		switch {
		case i < 0:
			i = len(out)
			out = append(out, g)
		case isObject(g):
			out[i] = merge(out[i], g)
		}
		touched[i] = true
	}
	return onePrimary(out, touched)
}

// sameValue finds the element that a value would repeat: equal, or with the same "value" and "type" (RFC 7643 section 2.4).
func sameValue(elements []string, v string) int {
	for i, e := range elements {
		if Same(e, v) {
			return i
		}
		if isObject(e) && isObject(v) && getMember(v, "value") != "" &&
			Same(getMember(e, "value"), getMember(v, "value")) && Same(getMember(e, "type"), getMember(v, "type")) {
			return i
		}
	}
	return -1
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
		return setMember("{}", f.Attr.Name, f.Value), true
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

// Diff is the PATCH that turns old into new: Apply(old, Diff(old, new)) equals new where neither has unassigned values.
func Diff(old, wanted Resource) []Op {
	var ops []Op
	for _, l := range old.Leaves() {
		if Unassigned(wanted.Get(l.Path)) && !serverOwned(l.Path) {
			ops = append(ops, Op{Kind: Remove, Path: Path{AttrPath: l.Path}})
		}
	}
	for _, l := range wanted.Leaves() {
		if !Same(old.Get(l.Path), l.Raw) && !serverOwned(l.Path) {
			ops = append(ops, Op{ReplaceAll, Path{AttrPath: l.Path}, l.Raw})
		}
	}
	return ops
}

// serverOwned attributes are no part of a comparison: the server gives them.
func serverOwned(p AttrPath) bool {
	if p.URN != "" {
		return false
	}
	switch strings.ToLower(p.Name) {
	case "id", "meta", "schemas":
		return true
	}
	return false
}
