package document

import (
	"slices"
	"strings"
)

// Object is a JSON object that is parsed once, changed in place and written once. n lookups and
// changes cost one pass over its text and n steps; Resource.Get and Set cost a pass each. Members
// keep their order, and unchanged ones their bytes. Names are case-insensitive (RFC 7643 section
// 2.1); of names that differ only in case, the first one is used.
type Object struct {
	text    string // as parsed; written if nothing has changed
	changed bool
	edits   int // counts changes
	slots   []slot
	live    int
	at      map[string]int // the first live slot of a folded name; nil if there are few slots
	twins   map[int]int    // the next slot of the same folded name
}

// slot is a member. A removed member has an absent Node.
type slot struct {
	quoted, key string
	Node
}

// NewObject returns an empty object.
func NewObject() *Object { return &Object{changed: true} }

func parseObject(text string) *Object {
	o := &Object{text: text, slots: make([]slot, 0, min(len(text)/minMember, manySlots))}
	for m := range Members(text) {
		o.slots = append(o.slots, slot{m.Quoted, m.Name, Node{raw: m.Raw}})
	}
	o.live = len(o.slots)
	return o
}

// Resource returns the object as a resource.
func (o *Object) Resource() Resource { return Resource{o.String()} }

// String returns the JSON text.
func (o *Object) String() string {
	if !o.dirty() {
		return o.text
	}
	ms := make([]Member, 0, o.live)
	for i := range o.slots {
		if s := &o.slots[i]; !s.Absent() {
			ms = append(ms, Member{s.quoted, s.key, s.Node.String()})
		}
	}
	return objectText(ms)
}

func (o *Object) dirty() bool {
	return o.changed || slices.ContainsFunc(o.slots, func(s slot) bool { return s.dirty() })
}

// Get returns the JSON text at a path, or "".
func (o *Object) Get(p AttrPath) string {
	if n := o.node(p.Steps()); n != nil {
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
	if sameText(o.Raw(name), raw) {
		return
	}
	o.edits++
	o.set(name, Node{raw: raw})
}

// Map changes the members in one pass. A member whose name or text becomes "" is removed; of two
// with the same name, the first stays. A difference only in white space is not a change.
func (o *Object) Map(change func(name, raw string) (string, string)) {
	kept, edited := make([]slot, 0, len(o.slots)), false
	given := names{first: make([]string, 0, min(len(o.slots), fewNames))}
	for _, s := range o.slots {
		if s.Absent() {
			continue
		}
		was := s.String()
		name, raw := change(s.key, was)
		if name == "" || raw == "" {
			edited = true
			continue
		}
		if _, twice := given.put(name); twice {
			edited = true
			continue
		}
		if name != s.key {
			s.quoted, s.key, edited = Quote(name), name, true
		}
		if !sameText(raw, was) {
			s.Node, edited = Node{raw: raw}, true
		}
		kept = append(kept, s)
	}
	if edited {
		o.slots, o.live, o.at, o.twins = kept, len(kept), nil, nil
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
	in := (*Object)(nil)
	if i := o.find(steps[0]); i >= 0 {
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
	switch {
	case i < 0 && v.Absent():
		return
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

// manySlots is the number of members above which an index is cheaper than comparisons.
const manySlots = 16

// find returns the slot of a name, or -1.
func (o *Object) find(name string) int {
	if o.at == nil && len(o.slots) <= manySlots {
		return slices.IndexFunc(o.slots, func(s slot) bool { return !s.Absent() && strings.EqualFold(s.key, name) })
	}
	if o.at == nil {
		o.index()
	}
	if i, ok := o.at[Fold(name)]; ok {
		return i
	}
	return -1
}

func (o *Object) index() {
	o.at, o.twins = make(map[string]int, len(o.slots)), map[int]int{}
	for i := len(o.slots) - 1; i >= 0; i-- {
		if o.slots[i].Absent() {
			continue
		}
		name := Fold(o.slots[i].key)
		if next, twin := o.at[name]; twin {
			o.twins[i] = next
		}
		o.at[name] = i
	}
}
