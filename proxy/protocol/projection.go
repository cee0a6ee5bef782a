package protocol

import (
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Projection selects the attributes of an answer (RFC 7644 section 3.9). Answers are reduced once,
// above all layers.
type Projection struct {
	// Attributes, if not empty, are the only ones returned, besides those that are always returned.
	Attributes []scim.AttrPath
	// Excluded are left out.
	Excluded []scim.AttrPath
	// Quiet requests 204 without a body, so that nothing is read only for the answer.
	Quiet bool
}

// ProjectionOf returns the projection of a call.
func ProjectionOf(c Call) Projection {
	switch c := c.(type) {
	case Create:
		return c.Projection
	case Read:
		return c.Projection
	case List:
		return c.Projection
	case Replace:
		return c.Projection
	case Patch:
		return c.Projection
	case Delete, Restore:
	}
	return Projection{}
}

// Names reports whether Attributes has the attribute or a part of it.
func (w Projection) Names(p scim.AttrPath) bool {
	for _, a := range w.Attributes {
		if a.Top().Is(p.Top()) {
			return true
		}
	}
	return false
}

// Fields returns the fields that must be read for the projection.
func (w Projection) Fields(t scim.ResourceType) directory.Fields {
	members := scim.AttrPath{Name: "members"}
	n := directory.Fields{Members: t == scim.Group && (len(w.Attributes) == 0 || w.Names(members))}
	for _, a := range w.Attributes {
		n.Only = append(n.Only, a.Top().Key())
	}
	for _, e := range w.Excluded {
		if e.Is(members) {
			n.Members = false
		}
	}
	return n
}

// Whole reports whether the projection returns all attributes.
func (w Projection) Whole() bool { return len(w.Attributes) == 0 && len(w.Excluded) == 0 }

// Trim reduces a resource to the requested attributes that may be returned.
func (w Projection) Trim(s scim.Schemas, t scim.ResourceType, doc *scim.Object) {
	wanted, left := selection{}, selection{}
	for _, a := range w.Attributes {
		wanted.add(a.Steps()...)
		if a.URN != "" && a.Sub != "" {
			wanted.add(a.Top().String(), a.Sub) // also "urn:x:y.z" for z of the extension urn:x:y
		}
		wanted.add(a.String()) // also "urn:x:User" for a whole extension without a schema
	}
	for _, e := range w.Excluded {
		switch def, _ := s.Lookup(t, e.Top()); {
		case def.Returned == "always":
		case doc.Has(e.String()):
			left.add(e.String())
		case e.URN != "" && e.Sub != "" && doc.Has(e.Top().String()):
			left.add(e.Top().String(), e.Sub)
		default:
			left.add(e.Steps()...)
		}
	}
	doc.Map(func(name, raw string) (string, string) {
		def, _ := s.Lookup(t, topPath(name))
		switch {
		case def.Returned == "always":
			return name, raw
		case def.Returned == "never", def.Returned == "request" && wanted.of(name) == nil:
			return "", ""
		}
		if len(w.Attributes) > 0 {
			raw = shown(wanted.of(name).keep(raw))
		}
		return name, left.of(name).drop(raw)
	})
}

// topPath returns the path of a top-level member: an attribute, or a whole extension.
func topPath(name string) scim.AttrPath {
	if strings.Contains(name, ":") {
		return scim.AttrPath{URN: name}
	}
	return scim.AttrPath{Name: name}
}
