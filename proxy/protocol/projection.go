package protocol

import (
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Projection is the caller's projection (RFC 7644 section 3.9), trimmed once, on top.
type Projection struct {
	// Attributes, where not empty, are all that is returned besides what is always returned.
	Attributes []scim.AttrPath
	// Excluded are left out.
	Excluded []scim.AttrPath
	// Quiet asks for 204 instead of a body, so that nothing is read only to be shown.
	Quiet bool
}

// ProjectionOf is the projection of a call's answer.
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
	case Delete:
	}
	return Projection{}
}

// Names reports whether the caller asked for the attribute, or a part of it, by name.
func (w Projection) Names(p scim.AttrPath) bool {
	for _, a := range w.Attributes {
		if a.Top().Is(p.Top()) {
			return true
		}
	}
	return false
}

// Fields are the least that must be read to satisfy the projection.
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

// Whole reports whether nothing is left out.
func (w Projection) Whole() bool { return len(w.Attributes) == 0 && len(w.Excluded) == 0 }

// Trim cuts a resource to what is wanted and may be returned.
func (w Projection) Trim(s scim.Schemas, t scim.ResourceType, doc *scim.Object) {
	wanted, left := selection{}, selection{}
	for _, a := range w.Attributes {
		wanted.add(a.Steps()...)
		if a.URN != "" && a.Sub != "" {
			wanted.add(a.Top().String(), a.Sub) // also "urn:x:y.z" for z of the extension urn:x:y
		}
		wanted.add(a.String()) // also "urn:x:User" for the whole of an extension that nobody declared
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

// topPath is the path of a top-level member: an attribute, or a whole extension.
func topPath(name string) scim.AttrPath {
	if strings.Contains(name, ":") {
		return scim.AttrPath{URN: name}
	}
	return scim.AttrPath{Name: name}
}
