package protocol

import "keycloak-scim-proxy/proxy/scim/document"

// selection is a set of attribute paths as a tree of names, so that each value is visited once. nil
// selects nothing.
type selection struct {
	whole bool
	parts map[string]*selection
}

// add adds a path of names.
func (s *selection) add(steps ...string) {
	for _, step := range steps {
		name := document.Fold(step)
		if s.parts == nil {
			s.parts = map[string]*selection{}
		}
		if s.parts[name] == nil {
			s.parts[name] = &selection{}
		}
		s = s.parts[name]
	}
	s.whole = true
}

// of returns the selection inside a member, or nil.
func (s *selection) of(name string) *selection {
	if s == nil || len(s.parts) == 0 {
		return nil
	}
	return s.parts[document.Fold(name)]
}

// keep returns the selected part of a value, in each element of an array, or "". A scalar has no
// parts.
func (s *selection) keep(raw string) string {
	switch {
	case s == nil:
		return ""
	case s.whole:
		return raw
	case document.IsArray(raw):
		var kept []string
		for e := range document.Values(raw) {
			if v := s.keep(e); v != "" {
				kept = append(kept, v)
			}
		}
		return document.Array(kept)
	case !document.IsObject(raw):
		return ""
	}
	return mapped(raw, func(name, raw string) (string, string) {
		if raw = s.of(name).keep(raw); document.Unassigned(raw) {
			return "", ""
		}
		return name, raw
	})
}

// mapped returns an object with its members changed.
func mapped(object string, change func(name, raw string) (string, string)) string {
	n := document.NewNode(object)
	n.Open().Map(change)
	return n.String()
}

// drop returns a value without the selected parts, in each object of an array, or "" if it is
// empty.
func (s *selection) drop(raw string) string {
	switch {
	case s == nil:
		return raw
	case s.whole:
		return ""
	case document.IsArray(raw):
		es := document.Elements(raw)
		for i, e := range es {
			if document.IsObject(e) {
				es[i] = s.without(e)
			}
		}
		return document.Array(es)
	case document.IsObject(raw):
		if left := s.without(raw); left != "{}" {
			return left
		}
		return ""
	}
	return raw
}

// without returns an object without the selected parts.
func (s *selection) without(object string) string {
	return mapped(object, func(name, raw string) (string, string) { return name, s.of(name).drop(raw) })
}

// shown returns a kept value, or "" if it is unassigned.
func shown(raw string) string {
	if document.IsArray(raw) {
		var out []string
		for e := range document.Values(raw) {
			if e != "{}" {
				out = append(out, e)
			}
		}
		raw = document.Array(out)
	}
	if document.Unassigned(raw) {
		return ""
	}
	return raw
}
