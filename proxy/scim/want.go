package scim

import "strings"

// Want is the caller's projection (RFC 7644 section 3.9), trimmed once, on top.
type Want struct {
	// Attributes, where not empty, are all that is returned besides what is always returned.
	Attributes []AttrPath
	// Excluded are left out.
	Excluded []AttrPath
	// Quiet asks for 204 instead of a body, so that nothing is read only to be shown.
	Quiet bool
}

// WantOf is the projection of a call's answer.
func WantOf(c Call) Want {
	switch c := c.(type) {
	case Create:
		return c.Want
	case Read:
		return c.Want
	case List:
		return c.Want
	case Replace:
		return c.Want
	case Patch:
		return c.Want
	case Delete:
	}
	return Want{}
}

// Names reports whether the caller asked for the attribute, or a part of it, by name.
func (w Want) Names(p AttrPath) bool {
	for _, a := range w.Attributes {
		if a.Top().Is(p.Top()) {
			return true
		}
	}
	return false
}

// Need is the least that must be read to satisfy the projection.
func (w Want) Need(t ResourceType) Need {
	members := AttrPath{Name: "members"}
	n := Need{Members: t == Group && (len(w.Attributes) == 0 || w.Names(members))}
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
func (w Want) Whole() bool { return len(w.Attributes) == 0 && len(w.Excluded) == 0 }

// Trim cuts a resource to what is wanted and may be returned.
func (w Want) Trim(s Schemas, t ResourceType, doc *Object) {
	wanted, left := selection{}, selection{}
	for _, a := range w.Attributes {
		wanted.add(a.Steps()...)
		wanted.add(a.String()) // also "urn:x:User" for the whole of an extension that nobody declared
	}
	for _, e := range w.Excluded {
		switch def, _ := s.Lookup(t, e.Top()); {
		case def.Returned == "always":
		case doc.Has(e.String()):
			left.add(e.String())
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
func topPath(name string) AttrPath {
	if strings.Contains(name, ":") {
		return AttrPath{URN: name}
	}
	return AttrPath{Name: name}
}
