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
func (w Want) Trim(s Schemas, t ResourceType, r Resource) Resource {
	if r.IsZero() {
		return r
	}
	for _, name := range r.Names() {
		top := topPath(name)
		def, _ := s.Lookup(t, top)
		switch {
		case def.Returned == "always":
			continue
		case def.Returned == "never", def.Returned == "request" && !w.Names(top):
			r = r.With(name, "")
			continue
		}
		if len(w.Attributes) > 0 {
			r = r.With(name, shown(keepOnly(name, r.Raw(name), w.Attributes)))
		}
	}
	for _, e := range w.Excluded {
		if def, _ := s.Lookup(t, e.Top()); def.Returned != "always" {
			r = drop(r, e)
		}
	}
	return r
}

// topPath is the path of a top-level member: an attribute, or a whole extension.
func topPath(name string) AttrPath {
	if strings.Contains(name, ":") {
		return AttrPath{URN: name}
	}
	return AttrPath{Name: name}
}

// keepOnly is what remains of a top-level member when only the given attributes are wanted.
func keepOnly(name, raw string, wanted []AttrPath) string {
	out := ""
	for _, a := range wanted {
		if strings.EqualFold(a.String(), name) { // also "urn:x:User" for the whole of an extension that nobody declared
			return raw
		}
		if steps := a.steps(); strings.EqualFold(steps[0], name) {
			out = union(out, narrow(raw, steps[1:]))
		}
	}
	return out
}

// shown is what is left to show: "" where nothing is.
func shown(raw string) string {
	if isArray(raw) {
		raw = Array(withoutEmpty(Elements(raw)))
	}
	if Unassigned(raw) {
		return ""
	}
	return raw
}

// narrow keeps one inner member, in each element of an array.
func narrow(raw string, steps []string) string {
	switch {
	case len(steps) == 0:
		return raw
	case isArray(raw):
		var kept []string
		for _, e := range Elements(raw) {
			if v := narrow(e, steps); v != "" { // a scalar has no sub-attributes
				kept = append(kept, v)
			}
		}
		return Array(kept)
	case !isObject(raw):
		return ""
	}
	out := "{}"
	for _, m := range members(raw) {
		if strings.EqualFold(m.key, steps[0]) {
			if v := narrow(m.raw, steps[1:]); !Unassigned(v) {
				out = setMember(out, m.key, v)
			}
		}
	}
	return out
}

// union merges two narrowed forms of the same value.
func union(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	if isArray(a) && isArray(b) {
		as, bs := Elements(a), Elements(b)
		if len(as) != len(bs) { // one is the whole array, the other lacks its scalars
			if len(as) < len(bs) {
				return b
			}
			return a
		}
		for i := range as {
			as[i] = union(as[i], bs[i])
		}
		return Array(as)
	}
	if !isObject(a) || !isObject(b) {
		return a
	}
	for _, m := range members(b) {
		a = setMember(a, m.key, union(getMember(a, m.key), m.raw))
	}
	return a
}

func drop(r Resource, p AttrPath) Resource {
	if name := p.String(); r.Raw(name) != "" {
		return r.With(name, "")
	}
	top := r.Get(p.Top())
	if p.Sub == "" || !isArray(top) {
		return r.Set(p, "")
	}
	es := Elements(top)
	for i, e := range es {
		if isObject(e) {
			es[i] = setMember(e, p.Sub, "")
		}
	}
	return r.Set(p.Top(), Array(es))
}
