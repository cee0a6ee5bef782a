package scim

// selection is a set of attribute paths as a tree of names, so that a value is looked at once
// however many paths lead into it. nil selects nothing.
type selection struct {
	whole bool
	parts map[string]*selection
}

// add a path of names.
func (s *selection) add(steps ...string) {
	for _, step := range steps {
		name := fold(step)
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

// of is what is selected in a member, or nil.
func (s *selection) of(name string) *selection {
	if s == nil || len(s.parts) == 0 {
		return nil
	}
	return s.parts[fold(name)]
}

// keep is what is selected of a value, in each element of an array, or "". A scalar has no parts.
func (s *selection) keep(raw string) string {
	switch {
	case s == nil:
		return ""
	case s.whole:
		return raw
	case isArray(raw):
		var kept []string
		for e := range elements(raw) {
			if v := s.keep(e); v != "" {
				kept = append(kept, v)
			}
		}
		return Array(kept)
	case !isObject(raw):
		return ""
	}
	var kept []member
	for m := range fields(raw) {
		if m.raw = s.of(m.key).keep(m.raw); !Unassigned(m.raw) {
			kept = append(kept, m)
		}
	}
	return objectText(kept)
}

// drop is a value without what is selected, in each object of an array, or "" if nothing is left.
func (s *selection) drop(raw string) string {
	switch {
	case s == nil:
		return raw
	case s.whole:
		return ""
	case isArray(raw):
		es := Elements(raw)
		for i, e := range es {
			if isObject(e) {
				es[i] = s.without(e)
			}
		}
		return Array(es)
	case isObject(raw):
		if left := s.without(raw); left != "{}" {
			return left
		}
		return ""
	}
	return raw
}

// without is an object without what is selected.
func (s *selection) without(object string) string {
	return Resource{object}.Map(func(name, raw string) (string, string) { return name, s.of(name).drop(raw) }).raw
}

// shown is a kept value, or "" if it is unassigned.
func shown(raw string) string {
	if isArray(raw) {
		var out []string
		for e := range elements(raw) {
			if e != "{}" {
				out = append(out, e)
			}
		}
		raw = Array(out)
	}
	if Unassigned(raw) {
		return ""
	}
	return raw
}
