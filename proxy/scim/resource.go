package scim

import (
	"iter"
	"strings"

	"github.com/tidwall/gjson"
)

// Resource is an immutable JSON object. Values that nobody touches survive byte for byte. The zero Resource is "none".
type Resource struct{ raw string }

// ParseResource accepts one JSON object whose top-level names differ by more than letter case (RFC 7643 section 2.1).
func ParseResource(b []byte) (Resource, error) {
	v := gjson.ParseBytes(b)
	if !gjson.ValidBytes(b) || !v.IsObject() {
		return Resource{}, InvalidSyntax("the body is not a JSON object")
	}
	r := Resource{v.Raw}
	seen := map[string]bool{}
	for _, n := range r.Names() {
		if l := strings.ToLower(n); seen[l] {
			return Resource{}, InvalidSyntax("the attribute %q is given twice", n)
		}
		seen[strings.ToLower(n)] = true
	}
	return r, nil
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
	ms := members(r.raw)
	out := make([]string, len(ms))
	for i, m := range ms {
		out[i] = m.key
	}
	return out
}

// All yields the top-level members in document order, with their JSON texts.
func (r Resource) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, m := range members(r.raw) {
			if !yield(m.key, m.raw) {
				return
			}
		}
	}
}

// Map changes the top-level members in one pass. A member whose name or text becomes "" is dropped, and of two that come to have one name the
// first stays. Where nothing changes the resource is the same byte for byte.
func (r Resource) Map(change func(name, raw string) (string, string)) Resource {
	var out []member
	seen, changed := map[string]bool{}, false
	for _, m := range members(r.raw) {
		name, raw := change(m.key, m.raw)
		lower := strings.ToLower(name)
		switch {
		case name == "" || raw == "" || seen[lower]:
			changed = true
			continue
		case name != m.key:
			m.quoted, m.key = Quote(name), name
			fallthrough
		case raw != m.raw:
			m.raw, changed = raw, true
		}
		seen[lower] = true
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
	for _, n := range names {
		r = r.With(n, "")
	}
	return r
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

// Leaf is one value with its path: what the rooms compare, keep and send.
type Leaf struct {
	Path AttrPath
	Raw  string
}

// Leaves in document order. An object is taken apart down to sub-attributes (name.givenName, urn:x:User:manager.value); arrays, scalars
// and what lies deeper are one leaf. Unassigned values are left out.
func (r Resource) Leaves() []Leaf {
	var out []Leaf
	for _, m := range members(r.raw) {
		if !strings.Contains(m.key, ":") {
			out = appendLeaves(out, AttrPath{Name: m.key}, m.raw)
			continue
		}
		if !isObject(m.raw) {
			out = appendLeaves(out, AttrPath{URN: m.key}, m.raw)
			continue
		}
		for _, in := range members(m.raw) {
			out = appendLeaves(out, AttrPath{URN: m.key, Name: in.key}, in.raw)
		}
	}
	return out
}

func appendLeaves(out []Leaf, at AttrPath, raw string) []Leaf {
	if Unassigned(raw) {
		return out
	}
	if !isObject(raw) {
		return append(out, Leaf{at, raw})
	}
	for _, m := range members(raw) {
		if sub := at.With(m.key); !Unassigned(m.raw) {
			out = append(out, Leaf{sub, m.raw})
		}
	}
	return out
}

// Assigned is the resource without members that stand for no value, on the levels that Leaves takes apart.
func (r Resource) Assigned() Resource {
	var out []member
	for _, m := range members(r.raw) {
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
	at := map[string]int{}
	for _, m := range members(raw) {
		if m.raw = assigned(m.raw, levels-1); m.raw == "" {
			continue
		}
		if i, twice := at[strings.ToLower(m.key)]; twice {
			out[i].raw = m.raw
			continue
		}
		at[strings.ToLower(m.key)] = len(out)
		out = append(out, m)
	}
	if len(out) == 0 {
		return ""
	}
	return objectText(out)
}
