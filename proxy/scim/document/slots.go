package document

import (
	"slices"
	"strings"
)

// slot is a member. A removed member has an absent Node.
type slot struct {
	quoted, key string
	Node
}

// minMember is the approximate length of the shortest members.
const minMember = 16

func parseSlots(object string) []slot {
	slots := make([]slot, 0, min(len(object)/minMember, manySlots))
	for m := range Members(object) {
		slots = append(slots, slot{m.Quoted, m.Name, Node{raw: m.Raw}})
	}
	return slots
}

// sizeOf returns how many bytes the text of slots has.
func sizeOf(slots []slot) int {
	n := 1 + max(1, len(slots))
	for i := range slots {
		n += len(slots[i].quoted) + 1 + slots[i].size()
	}
	return n
}

// spareSlots is how many members can be added to a resource without another copy of its slots.
const spareSlots = 8

// own makes the slots the object's own.
func (o *Object) own() {
	if o.shared {
		o.slots, o.shared = append(make([]slot, 0, len(o.slots)+spareSlots), o.slots...), false
	}
}

// compact drops the slots of removed members.
func (o *Object) compact() {
	if o.live < len(o.slots) {
		o.slots, o.at, o.twins = slices.DeleteFunc(o.slots, func(s slot) bool { return s.Absent() }), nil, nil
	}
}

// manySlots is the number of members above which an index is cheaper than comparisons.
const manySlots = 16

// find returns the slot of a name, or -1.
func (o *Object) find(name string) int {
	if o.at == nil && len(o.slots) <= manySlots {
		for i := range o.slots {
			if s := &o.slots[i]; strings.EqualFold(s.key, name) && !s.Absent() {
				return i
			}
		}
		return -1
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
