package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// Resource is an immutable JSON object. Unchanged values keep their bytes. The zero Resource is no
// resource.
type Resource struct{ raw string }

var errNoObject = errors.New("the body is not a JSON object")

// Parse parses a JSON object. Duplicate top-level names, without case, are refused (RFC 7643
// section 2.1). Its errors are for the caller that sent the text.
func Parse(b []byte) (Resource, error) {
	if !json.Valid(b) { // it limits the depth: gjson recurses, and a stack overflow ends the process
		return Resource{}, errNoObject
	}
	return Part(strings.TrimSpace(string(b)))
}

// Part is Parse for a part of JSON text that is known to be valid. It does not check or copy the
// text.
func Part(raw string) (Resource, error) {
	if !IsObject(raw) {
		return Resource{}, errNoObject
	}
	var given names
	for m := range Members(raw) {
		if _, twice := given.put(m.Name); twice {
			return Resource{}, fmt.Errorf("the attribute %q is given twice", Cut(m.Name, MaxEcho))
		}
	}
	return Resource{raw}, nil
}

// Must parses a literal and panics if it is not a JSON object. It is for constants and tests.
func Must(s string) Resource {
	r, err := Parse([]byte(s))
	if err != nil {
		panic(err)
	}
	return r
}

// Object returns a copy of the resource for many lookups and changes.
func (r Resource) Object() *Object { return parseObject(r.raw) }

// edited returns the resource with a change.
func (r Resource) edited(change func(*Object)) Resource {
	o := NewObject()
	if r.raw != "" {
		o = r.Object()
	}
	change(o)
	return o.Resource()
}

// IsZero reports whether there is no resource.
func (r Resource) IsZero() bool { return r.raw == "" }

// String returns the JSON text.
func (r Resource) String() string { return r.raw }

// MarshalJSON returns the JSON text.
func (r Resource) MarshalJSON() ([]byte, error) {
	if r.raw == "" {
		return []byte("null"), nil
	}
	return []byte(r.raw), nil
}

// ID returns the id, or "".
func (r Resource) ID() string { return Text(r.Raw("id")) }

// Raw returns the JSON text of a top-level member, or "".
func (r Resource) Raw(name string) string { return Lookup(r.raw, name) }

// Names returns the names of the top-level members in document order.
func (r Resource) Names() []string {
	var out []string
	for m := range Members(r.raw) {
		out = append(out, m.Name)
	}
	return out
}

// All yields the top-level members in document order, with their JSON texts.
func (r Resource) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for m := range Members(r.raw) {
			if !yield(m.Name, m.Raw) {
				return
			}
		}
	}
}

// Map changes the top-level members in one pass, see Object.Map.
func (r Resource) Map(change func(name, raw string) (string, string)) Resource {
	return r.edited(func(o *Object) { o.Map(change) })
}

// With sets a top-level member to JSON text; "" removes it.
func (r Resource) With(name, raw string) Resource {
	return r.edited(func(o *Object) { o.set(name, Node{raw: raw}) })
}

// Without removes top-level members.
func (r Resource) Without(names ...string) Resource {
	return r.edited(func(o *Object) {
		for _, name := range names {
			o.set(name, Node{})
		}
	})
}

// Get returns the JSON text at a path, or "". A sub-attribute of a multi-valued attribute has none.
func (r Resource) Get(p AttrPath) string {
	at := r.raw
	for _, step := range p.Steps() {
		if at = Lookup(at, step); at == "" {
			return ""
		}
	}
	return at
}

// Set sets the JSON text at a path and creates the objects on it; "" removes the value and objects
// that become empty.
func (r Resource) Set(p AttrPath, raw string) Resource {
	return r.edited(func(o *Object) { o.Set(p, raw) })
}

// Assigned returns the resource without unassigned members, on the levels that Leaves divides.
func (r Resource) Assigned() Resource {
	var out []Member
	for m := range Members(r.raw) {
		levels := 1
		if strings.Contains(m.Name, ":") {
			levels = 2
		}
		if m.Raw = assigned(m.Raw, levels); m.Raw != "" {
			out = append(out, m)
		}
	}
	return Resource{objectText(out)}
}

// assigned returns a value without the unassigned members of its objects, or "". Of names that
// differ only in case, the last one is used.
func assigned(raw string, levels int) string {
	if Unassigned(raw) {
		return ""
	}
	if levels == 0 || !IsObject(raw) {
		return raw
	}
	var out []Member
	var given names
	for m := range Members(raw) {
		if m.Raw = assigned(m.Raw, levels-1); m.Raw == "" {
			continue
		}
		if i, twice := given.put(m.Name); twice {
			out[i].Raw = m.Raw
			continue
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		return ""
	}
	return objectText(out)
}
