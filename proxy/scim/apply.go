package scim

import "strings"

// Apply performs PATCH operations in order, all or none (RFC 7644 section 3.5.2). Three things the RFC leaves open are decided so:
// a replace of a complex attribute merges the sub-attributes that are given; an add whose value filter selects nothing makes the element
// that the filter's "eq" terms describe; a remove that selects nothing changes nothing, so that a repeated request succeeds.
func (s Schemas) Apply(t ResourceType, r Resource, ops []Op) (Resource, error) {
	p := patcher{s, t}
	var err error
	if len(ops) > MaxAttributes {
		return Resource{}, TooMany("more than %d operations on attributes", MaxAttributes)
	}
	for _, op := range ops {
		if op.Path.IsZero() {
			r, err = p.each(r, op)
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

// each applies the members of a value without a path one by one.
func (p patcher) each(r Resource, op Op) (Resource, error) {
	given := members(op.Value)
	if len(given) > MaxAttributes {
		return r, TooMany("more than %d attributes", MaxAttributes)
	}
	for _, m := range given {
		at, err := ParseAttrPath(m.key)
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
	if op.Path.Name == "" {
		return p.extension(r, op)
	}
	return p.attribute(r, op)
}

func (p patcher) attribute(r Resource, op Op) (Resource, error) {
	at := op.Path
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
	if Unassigned(before) {
		before = ""
	}
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
// what the resource has decides, then the custom that a schema URI ends with the resource type, then whether the value is an object.
func (p patcher) resolve(r Resource, op Op) AttrPath {
	at := op.Path.AttrPath
	if at.Sub != "" || op.Path.Filter != nil || !p.schemas.Open(p.t, at) || r.Raw(at.URN) != "" || endsWithType(at.URN) {
		return at
	}
	if whole := (AttrPath{URN: at.String()}); r.Raw(whole.URN) != "" || isObject(op.Value) {
		return whole
	}
	return at
}

func endsWithType(urn string) bool {
	last := urn[strings.LastIndexByte(urn, ':')+1:]
	return strings.EqualFold(last, string(User)) || strings.EqualFold(last, string(Group))
}

// extension applies an operation to a whole extension. Its members are attributes whatever their values are: they are not resolved again.
func (p patcher) extension(r Resource, op Op) (Resource, error) {
	urn := op.Path.URN
	switch {
	case strings.EqualFold(urn, p.schemas.core[p.t].ID):
		return r, InvalidPath("%s names the whole resource", urn)
	case op.Kind == Add && Unassigned(op.Value):
		return r, nil
	case op.Kind == Remove || Unassigned(op.Value):
		return r.With(urn, ""), nil
	case !isObject(op.Value):
		return r, InvalidValue("the extension %s is not an object", urn)
	}
	for _, m := range members(op.Value) {
		if m.key == "" {
			return r, InvalidPath("an attribute of %s has no name", urn)
		}
		var err error
		if r, err = p.attribute(r, Op{op.Kind, Path{AttrPath: AttrPath{URN: urn, Name: m.key}}, m.raw}); err != nil {
			return r, err
		}
	}
	return r, nil
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
