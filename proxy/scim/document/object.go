package document

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim/document/internal/jsontext"
)

// Object is a JSON object that is parsed once, changed in place and written once. n lookups and
// changes cost one pass over its text and n steps; Resource.Set copies all members each time.
// Members keep their order, and unchanged ones their bytes. Names are case-insensitive (RFC 7643
// section 2.1); of names that differ only in case, the first one is used.
type Object struct {
	text    string // as parsed, written if nothing has changed; "" if there is none
	changed bool
	shared  bool // the slots are a Resource's and must be copied before they change
	edits   int  // counts changes
	slots   []slot
	live    int
	at      map[string]int // the first live slot of a folded name; nil if there are few slots
	twins   map[int]int    // the next slot of the same folded name
}

// NewObject returns an empty object.
func NewObject() *Object { return &Object{changed: true} }

func parseObject(text string) *Object {
	slots := parseSlots(text)
	return &Object{text: text, slots: slots, live: len(slots)}
}

// Resource returns the object as a resource. Nodes of the object must not be changed afterwards.
func (o *Object) Resource() Resource {
	text := o.text
	if o.dirty() {
		text = ""
	}
	if !o.shared {
		o.compact()
		for i := range o.slots {
			if n := &o.slots[i].Node; n.object != nil || n.list != nil {
				*n = Node{raw: n.String()}
			}
		}
		o.text, o.changed, o.shared = text, o.changed || text == "", true
	}
	if o.changed && o.live == 0 {
		text = "{}"
	}
	return Resource{text, o.slots}
}

// String returns the JSON text.
func (o *Object) String() string {
	if o.isText() {
		return o.text
	}
	var b strings.Builder
	b.Grow(sizeOf(o.slots))
	o.Write(&b)
	return b.String()
}

// Write writes the JSON text.
func (o *Object) Write(b *strings.Builder) {
	if o.isText() {
		b.WriteString(o.text)
		return
	}
	separator := byte('{')
	for i := range o.slots {
		if s := &o.slots[i]; !s.Absent() {
			b.WriteByte(separator)
			b.WriteString(s.quoted)
			b.WriteByte(':')
			s.write(b)
			separator = ','
		}
	}
	if separator == '{' {
		b.WriteByte('{')
	}
	b.WriteByte('}')
}

// isText reports whether text is the JSON text. A resource that was changed has none.
func (o *Object) isText() bool { return !o.dirty() && (o.text != "" || o.slots == nil) }

func (o *Object) dirty() bool {
	return o.changed || !o.shared && slices.ContainsFunc(o.slots, func(s slot) bool { return s.dirty() })
}

// Get returns the JSON text at a path, or "".
func (o *Object) Get(p AttrPath) string {
	steps := p.Steps()
	if len(steps) == 2 {
		if i := o.find(steps[0]); i >= 0 && o.slots[i].short() {
			return jsontext.Lookup(o.slots[i].raw, steps[1])
		}
	}
	if n := o.node(steps); n != nil {
		return n.String()
	}
	return ""
}

// Set sets the JSON text at a path and creates the objects on it; "" removes the value and objects
// that become empty.
func (o *Object) Set(p AttrPath, raw string) {
	o.edits++
	o.put(p.Steps(), Node{raw: raw})
}

// Raw returns the JSON text of a member, or "".
func (o *Object) Raw(name string) string {
	if i := o.find(name); i >= 0 {
		return o.slots[i].String()
	}
	return ""
}

// Put sets a member to JSON text; "" removes it. A difference only in white space is not a change.
func (o *Object) Put(name, raw string) {
	if jsontext.Same(o.Raw(name), raw) {
		return
	}
	o.edits++
	o.set(name, Node{raw: raw})
}

// Map changes the members in one pass. A member whose name or text becomes "" is removed; of two
// with the same name, the first stays. A difference only in white space is not a change.
func (o *Object) Map(change func(name, raw string) (string, string)) {
	o.compact()
	var kept []slot // from the first change on
	var given jsontext.Names
	edited := false
	for i, s := range o.slots {
		was := s.String()
		name, raw := change(s.key, was)
		gone := name == "" || raw == ""
		if !gone {
			_, gone = given.Put(name)
		}
		other := !gone && !jsontext.Same(raw, was)
		if !edited && (gone || other || name != s.key) {
			kept, edited = append(make([]slot, 0, len(o.slots)), o.slots[:i]...), true
		}
		if gone || !edited {
			continue
		}
		if name != s.key {
			s.quoted, s.key = Quote(name), name
		}
		if other {
			s.Node = Node{raw: raw}
		}
		kept = append(kept, s)
	}
	if edited {
		o.slots, o.shared, o.live, o.at, o.twins = kept, false, len(kept), nil, nil
		o.changed = true
		o.edits++
	}
}

// Has reports whether there is a member with the name.
func (o *Object) Has(name string) bool { return o.find(name) >= 0 }

// Names returns the names of the members in document order.
func (o *Object) Names() []string {
	out := make([]string, 0, o.live)
	for i := range o.slots {
		if !o.slots[i].Absent() {
			out = append(out, o.slots[i].key)
		}
	}
	return out
}

// Changed reports whether the object differs from the parsed text.
func (o *Object) Changed() bool { return o.dirty() }

// Edits counts the changes by Put, Set and Map.
func (o *Object) Edits() int { return o.edits }

// Node returns the value at a path, which can be changed in place, or nil.
func (o *Object) Node(p AttrPath) *Node { return o.node(p.Steps()) }

// SetNode sets the value at a path like Set; an absent value removes it.
func (o *Object) SetNode(p AttrPath, v Node) { o.put(p.Steps(), v) }

// node returns the value at the end of a path, or nil.
func (o *Object) node(steps []string) *Node {
	if len(steps) == 0 {
		return nil
	}
	i := o.find(steps[0])
	if i < 0 {
		return nil
	}
	o.own()
	n := &o.slots[i].Node
	if len(steps) == 1 {
		return n
	}
	if in := n.Open(); in != nil {
		return in.node(steps[1:])
	}
	return nil
}

func (o *Object) put(steps []string, v Node) {
	switch len(steps) {
	case 0:
		return
	case 1:
		o.set(steps[0], v)
		return
	}
	o.own()
	in := (*Object)(nil)
	if i := o.find(steps[0]); i >= 0 {
		if n := &o.slots[i].Node; len(steps) == 2 && n.short() && v.isText() {
			n.raw, o.changed = jsontext.With(n.raw, steps[1], v.raw), true
			return
		}
		in = o.slots[i].Open()
	}
	if in == nil {
		if v.Absent() {
			return
		}
		in = &Object{changed: true}
		o.set(steps[0], Node{object: in})
	}
	if in.put(steps[1:], v); in.live == 0 {
		o.set(steps[0], Node{})
	}
}

// set sets the value of a name; an absent value removes it.
func (o *Object) set(name string, v Node) {
	i := o.find(name)
	if i < 0 && v.Absent() {
		return
	}
	o.own()
	switch {
	case i < 0:
		o.slots = append(o.slots, slot{Quote(name), name, v})
		o.live++
		if o.at != nil {
			o.at[Fold(name)] = len(o.slots) - 1
		}
	case v.Absent():
		o.slots[i].Node = Node{}
		o.live--
		if next, twin := o.twins[i]; twin {
			o.at[Fold(name)] = next
		} else {
			delete(o.at, Fold(name))
		}
	default:
		o.slots[i].Node = v
	}
	o.changed = true
}
