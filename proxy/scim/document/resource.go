package document

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim/document/internal/jsontext"
)

// Resource is an immutable JSON object. Its members are parsed once, and it is written once. Values
// that do not change keep their bytes. The zero Resource stands for none.
type Resource struct {
	text  string // as parsed; "" if it was changed since
	slots []slot // their nodes have only text, and none is absent
}

var errNoObject = errors.New("the body is not a JSON object")

// Parse parses a JSON object. Duplicate top-level names, without case, are refused (RFC 7643
// section 2.1). Its errors are for the caller that sent the text.
func Parse(b []byte) (Resource, error) {
	text := strings.TrimSpace(string(b))
	if jsontext.Deeper(text, maxDepth) || !gjson.Valid(text) {
		return Resource{}, errNoObject
	}
	return Part(text)
}

// maxDepth is how deep a document may be nested, as in encoding/json. gjson recurses, and a stack
// overflow ends the process.
const maxDepth = 10_000

// Part is Parse for a part of JSON text that is known to be valid. It does not check or copy the
// text.
func Part(raw string) (Resource, error) {
	if !IsObject(raw) {
		return Resource{}, errNoObject
	}
	slots := parseSlots(raw)
	var given jsontext.Names
	for _, s := range slots {
		if _, twice := given.Put(s.key); twice {
			return Resource{}, fmt.Errorf("the attribute %q is given twice", Cut(s.key, MaxEcho))
		}
	}
	return Resource{raw, slots}, nil
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
func (r Resource) Object() *Object {
	return &Object{text: r.text, slots: r.slots, shared: true, live: len(r.slots)}
}

// edited returns the resource with a change.
func (r Resource) edited(change func(*Object)) Resource {
	o := r.Object()
	o.changed = r.IsZero() // a change makes it an object, even of nothing
	change(o)
	return o.Resource()
}

// IsZero reports whether there is no resource.
func (r Resource) IsZero() bool { return r.text == "" && r.slots == nil }

// String returns the JSON text.
func (r Resource) String() string {
	if r.text != "" || r.slots == nil {
		return r.text
	}
	return r.Object().String()
}

// Size returns the length of the JSON text.
func (r Resource) Size() int {
	if r.text != "" || r.slots == nil {
		return len(r.text)
	}
	return sizeOf(r.slots)
}

// MarshalJSON returns the JSON text.
func (r Resource) MarshalJSON() ([]byte, error) {
	if r.IsZero() {
		return []byte("null"), nil
	}
	return []byte(r.String()), nil
}

// ID returns the id, or "".
func (r Resource) ID() string { return Text(r.Raw("id")) }

// Raw returns the JSON text of a top-level member, or "".
func (r Resource) Raw(name string) string {
	for i := range r.slots {
		if strings.EqualFold(r.slots[i].key, name) {
			return r.slots[i].raw
		}
	}
	return ""
}

// Names returns the names of the top-level members in document order.
func (r Resource) Names() []string {
	return r.Object().Names()
}

// All yields the top-level members in document order, with their JSON texts.
func (r Resource) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range r.slots {
			if !yield(r.slots[i].key, r.slots[i].raw) {
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
	steps := p.Steps()
	if len(steps) == 0 {
		return r.String()
	}
	at := r.Raw(steps[0])
	for _, step := range steps[1:] {
		at = Lookup(at, step)
	}
	return at
}

// Set sets the JSON text at a path and creates the objects on it; "" removes the value and objects
// that become empty.
func (r Resource) Set(p AttrPath, raw string) Resource {
	return r.edited(func(o *Object) { o.Set(p, raw) })
}

// Assigned returns the resource without unassigned members, on the levels that Leaves divides.
func (r Resource) Assigned() Resource { return r.edited((*Object).DropUnassigned) }

// DropUnassigned removes unassigned members, on the levels that Leaves divides.
func (o *Object) DropUnassigned() {
	o.Map(func(name, raw string) (string, string) {
		levels := 1
		if strings.Contains(name, ":") {
			levels = 2
		}
		return name, assigned(raw, levels)
	})
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
	slots, changed := parseSlots(raw), false
	kept := slots[:0]
	var given jsontext.Names
	for _, s := range slots {
		part := assigned(s.raw, levels-1)
		if changed = changed || part != s.raw; part == "" {
			continue
		}
		s.raw = part
		if i, twice := given.Put(s.key); twice {
			kept[i].raw, changed = part, true
			continue
		}
		kept = append(kept, s)
	}
	switch {
	case len(kept) == 0:
		return ""
	case !changed:
		return raw
	}
	return (&Object{slots: kept, changed: true}).String()
}
