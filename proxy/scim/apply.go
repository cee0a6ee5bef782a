package scim

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Apply performs PATCH operations in order, all or none (RFC 7644 section 3.5.2). The RFC leaves
// three cases open: a replace of a complex attribute merges the given sub-attributes; an add whose
// value filter selects nothing creates the element that the filter's "eq" terms describe; a remove
// that selects nothing changes nothing, so that a retry succeeds.
//
// The resource is parsed once, changed in place and written once. Operations that read all values
// of an attribute are bounded together (maxLooks).
func (s Schemas) Apply(t ResourceType, r Resource, ops []Op) (Resource, error) {
	if len(ops) > MaxAttributes {
		return Resource{}, TooMany("more than %d operations on attributes", MaxAttributes)
	}
	p := patcher{s, t, r.Object(), 0}
	for _, op := range ops {
		var err error
		if op.Path.IsZero() {
			err = p.each(op)
		} else {
			err = p.apply(op)
		}
		if err != nil {
			return Resource{}, err
		}
	}
	return p.doc.Resource(), nil
}

type patcher struct {
	schemas Schemas
	t       ResourceType
	doc     *Object
	looks   int
}

// look counts values that are read, and returns an error above maxLooks.
func (p *patcher) look(values int) error {
	if p.looks += values; p.looks > maxLooks {
		return TooMany("the operations compare more than %d values in all", maxLooks)
	}
	return nil
}

// each applies each member of a value without a path.
func (p *patcher) each(op Op) error {
	if document.Count(op.Value) > MaxAttributes {
		return TooMany("more than %d attributes", MaxAttributes)
	}
	for m := range document.Members(op.Value) {
		at, err := ParseKey(m.Name)
		if err == nil {
			err = p.apply(Op{op.Kind, Path{AttrPath: at}, m.Raw})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *patcher) apply(op Op) error {
	op.Path.AttrPath = p.resolve(op)
	if op.Path.Name == "" {
		return p.extension(op)
	}
	return p.attribute(op)
}

func (p *patcher) attribute(op Op) error {
	at := op.Path
	def, _ := p.schemas.Lookup(p.t, at.Top())
	var v document.Node
	if n := p.doc.Node(at.Top()); n != nil {
		v = *n
	}
	if err := p.writable(at, def, op); err != nil {
		return err
	}
	if def.Returned == "never" {
		return nil
	}
	if v.Unassigned() {
		v = document.Node{}
	}
	if at.Sub == "" {
		op.Value = def.Settable(op.Value)
	}
	if err := (edit{def, p, op}).on(&v); err != nil {
		return err
	}
	if v.Unassigned() {
		v = document.Node{}
	}
	p.doc.SetNode(at.Top(), v)
	return nil
}

// resolve decides if "urn:x:User", in an extension without a schema, is the whole extension or the
// attribute User of urn:x. The resource decides first, then the custom that schema URIs end with
// the resource type, then whether the value is an object.
func (p *patcher) resolve(op Op) AttrPath {
	if op.Path.Filter != nil || !p.schemas.Open(p.t, op.Path.AttrPath) {
		return op.Path.AttrPath
	}
	at := own(op.Path.AttrPath, p.doc)
	if at.Sub != "" || at.Name == "" || p.doc.Has(at.URN) || endsWithType(at.URN) {
		return at
	}
	if whole := (AttrPath{URN: at.String()}); p.doc.Has(whole.URN) || document.IsObject(op.Value) {
		return whole
	}
	return at
}

// own decides by the extensions that a resource has whether the last part of an undeclared URN is
// an attribute: "urn:x:y.z" is z of the extension urn:x:y, or the sub-attribute z of y in urn:x.
// "urn:x:User:z" is the latter if urn:x has a complex attribute User and there is no urn:x:User.
func own(at AttrPath, doc *Object) AttrPath {
	whole := AttrPath{URN: at.Top().String(), Name: at.Sub}
	i := strings.LastIndexByte(at.URN, ':')
	switch {
	case at.Name == "" || doc.Has(at.URN):
	case at.Sub != "" && doc.Has(whole.URN):
		return whole
	case at.Sub == "" && i > 0 && endsWithType(at.URN):
		part := AttrPath{URN: at.URN[:i], Name: at.URN[i+1:], Sub: at.Name}
		if n := doc.Node(part.Top()); n != nil && n.IsObject() {
			return part
		}
	}
	return at
}

func endsWithType(urn string) bool {
	last := urn[strings.LastIndexByte(urn, ':')+1:]
	return strings.EqualFold(last, string(User)) || strings.EqualFold(last, string(Group))
}

// extension applies an operation to a whole extension. Its members are attributes, whatever their
// values are.
func (p *patcher) extension(op Op) error {
	urn := op.Path.URN
	switch {
	case strings.EqualFold(urn, p.schemas.core[p.t].ID):
		return InvalidPath("%s names the whole resource", urn)
	case op.Kind == Add && document.Unassigned(op.Value):
		return nil
	case op.Kind == Remove || document.Unassigned(op.Value):
		p.doc.Put(urn, "")
		return nil
	case !document.IsObject(op.Value):
		return InvalidValue("the extension %s is not an object", urn)
	}
	for m := range document.Members(op.Value) {
		if m.Name == "" {
			return InvalidPath("an attribute of %s has no name", urn)
		}
		if err := p.attribute(Op{op.Kind, Path{AttrPath: AttrPath{URN: urn, Name: m.Name}}, m.Raw}); err != nil {
			return err
		}
	}
	return nil
}

func (p *patcher) writable(at Path, def Attribute, op Op) error {
	sub, _ := def.Sub(at.Sub)
	if def.Mutability == "readOnly" || sub.Mutability == "readOnly" {
		return Mutability("%s is read-only", at.AttrPath)
	}
	if def.Required && at.Sub == "" && (op.Kind == Remove || document.Unassigned(op.Value)) {
		return Mutability("%s is required", at.AttrPath)
	}
	return nil
}
