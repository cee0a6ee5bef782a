package scim

import (
	"slices"
	"strings"
)

// Object is a JSON object that is parsed once, changed in place and written once. n look-ups and
// changes cost a pass over its text and n steps; Resource.Get and Set cost a pass each. Members
// keep their order, and untouched ones their bytes. Names are found without regard to case (RFC
// 7643 section 2.1); of names that differ in case only, the first one counts.
type Object struct {
	text    string // as it was parsed: what is written while nothing has changed
	changed bool
	slots   []slot
	live    int
	at      map[string]int // the first live slot of a folded name; nil while there are few
	twins   map[int]int    // the next slot of the same folded name
}

// slot is a member. A removed member has no value.
type slot struct {
	quoted, key string
	node
}

// Object parses the resource, for many look-ups and changes. The resource itself does not change.
func (r Resource) Object() *Object { return parseObject(r.raw) }

func parseObject(text string) *Object {
	o := &Object{text: text}
	for m := range fields(text) {
		o.slots = append(o.slots, slot{m.quoted, m.key, node{raw: m.raw}})
	}
	o.live = len(o.slots)
	return o
}

// Resource writes the object.
func (o *Object) Resource() Resource { return Resource{o.String()} }

// String is the JSON text.
func (o *Object) String() string {
	if !o.dirty() {
		return o.text
	}
	ms := make([]member, 0, o.live)
	for i := range o.slots {
		if s := &o.slots[i]; !s.absent() {
			ms = append(ms, member{s.quoted, s.key, s.node.String()})
		}
	}
	return objectText(ms)
}

func (o *Object) dirty() bool {
	return o.changed || slices.ContainsFunc(o.slots, func(s slot) bool { return s.dirty() })
}

// Get is the JSON text at a path, or "".
func (o *Object) Get(p AttrPath) string {
	if n := o.node(p.steps()); n != nil {
		return n.String()
	}
	return ""
}

// Set puts JSON text at a path and makes the objects on the way; "" removes, together with objects
// that become empty by it.
func (o *Object) Set(p AttrPath, raw string) { o.put(p.steps(), node{raw: raw}) }

// node is the value at the end of a path, or nil.
func (o *Object) node(steps []string) *node {
	if len(steps) == 0 {
		return nil
	}
	i := o.find(steps[0])
	if i < 0 {
		return nil
	}
	n := &o.slots[i].node
	if len(steps) == 1 {
		return n
	}
	if in := n.open(); in != nil {
		return in.node(steps[1:])
	}
	return nil
}

func (o *Object) put(steps []string, v node) {
	switch len(steps) {
	case 0:
		return
	case 1:
		o.set(steps[0], v)
		return
	}
	in := (*Object)(nil)
	if i := o.find(steps[0]); i >= 0 {
		in = o.slots[i].open()
	}
	if in == nil {
		if v.absent() {
			return
		}
		in = &Object{changed: true}
		o.set(steps[0], node{object: in})
	}
	if in.put(steps[1:], v); in.live == 0 {
		o.set(steps[0], node{})
	}
}

// set puts a value at a name; one that is absent removes.
func (o *Object) set(name string, v node) {
	i := o.find(name)
	switch {
	case i < 0 && v.absent():
		return
	case i < 0:
		o.slots = append(o.slots, slot{Quote(name), name, v})
		o.live++
		if o.at != nil {
			o.at[fold(name)] = len(o.slots) - 1
		}
	case v.absent():
		o.slots[i].node = node{}
		o.live--
		if next, twin := o.twins[i]; twin {
			o.at[fold(name)] = next
		} else {
			delete(o.at, fold(name))
		}
	default:
		o.slots[i].node = v
	}
	o.changed = true
}

// manySlots is the number of members from which an index costs less than comparing one by one.
const manySlots = 16

// find is the slot of a name, or -1.
func (o *Object) find(name string) int {
	if o.at == nil && len(o.slots) <= manySlots {
		return slices.IndexFunc(o.slots, func(s slot) bool { return !s.absent() && strings.EqualFold(s.key, name) })
	}
	if o.at == nil {
		o.index()
	}
	if i, ok := o.at[fold(name)]; ok {
		return i
	}
	return -1
}

func (o *Object) index() {
	o.at, o.twins = make(map[string]int, len(o.slots)), map[int]int{}
	for i := len(o.slots) - 1; i >= 0; i-- {
		if o.slots[i].absent() {
			continue
		}
		name := fold(o.slots[i].key)
		if next, twin := o.at[name]; twin {
			o.twins[i] = next
		}
		o.at[name] = i
	}
}
