package scim

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// Resource is an immutable JSON object. Values that nobody touches survive byte for byte. The zero Resource is "none".
type Resource struct{ raw string }

// ParseResource accepts one JSON object whose top-level names differ by more than letter case (RFC 7643 section 2.1).
func ParseResource(b []byte) (Resource, error) {
	if !json.Valid(b) { // which bounds the depth: gjson recurses, and a stack that is full ends the process
		return Resource{}, InvalidSyntax("the body is not a JSON object")
	}
	return Part(strings.TrimSpace(string(b)))
}

// Part is ParseResource for a part of JSON text that was checked before. It neither checks nor
// copies.
func Part(raw string) (Resource, error) {
	if !isObject(raw) {
		return Resource{}, InvalidSyntax("the body is not a JSON object")
	}
	var given names
	for m := range fields(raw) {
		if _, twice := given.put(m.key); twice {
			return Resource{}, InvalidSyntax("the attribute %q is given twice", m.key)
		}
	}
	return Resource{raw}, nil
}

// Must parses a literal and panics where it is none; for constants and tests.
func Must(s string) Resource {
	r, err := ParseResource([]byte(s))
	if err != nil {
		panic(err)
	}
	return r
}

// IsZero reports whether there is no resource at all.
func (r Resource) IsZero() bool { return r.raw == "" }

// String is the JSON text.
func (r Resource) String() string { return r.raw }

// MarshalJSON returns the JSON text.
func (r Resource) MarshalJSON() ([]byte, error) {
	if r.raw == "" {
		return []byte("null"), nil
	}
	return []byte(r.raw), nil
}

// ID of the resource, or "".
func (r Resource) ID() string { return Text(r.Raw("id")) }

// Raw is a top-level member's JSON text, or "" where it is absent.
func (r Resource) Raw(name string) string { return getMember(r.raw, name) }

// Names of the top-level members in document order.
func (r Resource) Names() []string {
	var out []string
	for m := range fields(r.raw) {
		out = append(out, m.key)
	}
	return out
}

// All yields the top-level members in document order, with their JSON texts.
func (r Resource) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for m := range fields(r.raw) {
			if !yield(m.key, m.raw) {
				return
			}
		}
	}
}

// Map changes the top-level members in one pass. A member whose name or text becomes "" is dropped, and of two that come to have one name the
// first stays. Where nothing changes the resource is the same byte for byte.
func (r Resource) Map(change func(name, raw string) (string, string)) Resource {
	out, given, changed := make([]member, 0, few), names{}, false
	for m := range fields(r.raw) {
		name, raw := change(m.key, m.raw)
		if name == "" || raw == "" {
			changed = true
			continue
		}
		if _, twice := given.put(name); twice {
			changed = true
			continue
		}
		if name != m.key {
			m.quoted, m.key, changed = Quote(name), name, true
		}
		if raw != m.raw {
			m.raw, changed = raw, true
		}
		out = append(out, m)
	}
	if !changed {
		return r
	}
	return Resource{objectText(out)}
}

// With sets a top-level member to JSON text; "" removes it.
func (r Resource) With(name, raw string) Resource {
	base := r.raw
	if base == "" {
		base = "{}"
	}
	return Resource{setMember(base, name, raw)}
}

// Without removes top-level members.
func (r Resource) Without(names ...string) Resource {
	var out []member
	n := 0
	for m := range fields(r.raw) {
		if n++; !slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, m.key) }) {
			out = append(out, m)
		}
	}
	if len(out) == n {
		return r
	}
	return Resource{objectText(out)}
}

// Get is the JSON text at a path, or "". A sub-attribute of a multi-valued attribute has no single text.
func (r Resource) Get(p AttrPath) string {
	at := r.raw
	for _, step := range p.steps() {
		if at = getMember(at, step); at == "" {
			return ""
		}
	}
	return at
}

// Set puts JSON text at a path and makes the objects on the way; "" removes, together with objects that become empty by it.
func (r Resource) Set(p AttrPath, raw string) Resource {
	base := r.raw
	if base == "" {
		base = "{}"
	}
	return Resource{setAt(base, p.steps(), raw)}
}

func setAt(object string, steps []string, raw string) string {
	switch len(steps) {
	case 0:
		return object
	case 1:
		return setMember(object, steps[0], raw)
	}
	inner := getMember(object, steps[0])
	if !isObject(inner) {
		if raw == "" {
			return object
		}
		inner = "{}"
	}
	if inner = setAt(inner, steps[1:], raw); inner == "{}" {
		inner = ""
	}
	return setMember(object, steps[0], inner)
}

// Assigned is the resource without members that stand for no value, on the levels that Leaves takes apart.
func (r Resource) Assigned() Resource {
	var out []member
	for m := range fields(r.raw) {
		levels := 1
		if strings.Contains(m.key, ":") {
			levels = 2
		}
		if m.raw = assigned(m.raw, levels); m.raw != "" {
			out = append(out, m)
		}
	}
	return Resource{objectText(out)}
}

// assigned is a value without the unassigned members of its objects, or "". Of names that differ only in case the last one counts.
func assigned(raw string, levels int) string {
	if Unassigned(raw) {
		return ""
	}
	if levels == 0 || !isObject(raw) {
		return raw
	}
	var out []member
	var given names
	for m := range fields(raw) {
		if m.raw = assigned(m.raw, levels-1); m.raw == "" {
			continue
		}
		if i, twice := given.put(m.key); twice {
			out[i].raw = m.raw
			continue
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		return ""
	}
	return objectText(out)
}
