package scim

import (
	"iter"
	"slices"
	"strings"
)

// Leaf is one value with its path: what the rooms compare, keep and send.
type Leaf struct {
	Path AttrPath
	Raw  string
}

// Leaves in document order. An object is taken apart down to sub-attributes (name.givenName,
// urn:x:User:manager.value); arrays, scalars and what lies deeper are one leaf. Unassigned values
// are left out.
func (r Resource) Leaves() []Leaf { return slices.Collect(r.leaves()) }

// countLeaves counts them up to one more than limit.
func (r Resource) countLeaves(limit int) int {
	n := 0
	for range r.leaves() {
		if n++; n > limit {
			break
		}
	}
	return n
}

func (r Resource) leaves() iter.Seq[Leaf] {
	return func(yield func(Leaf) bool) {
		for m := range fields(r.raw) {
			more := true
			switch extension := strings.Contains(m.key, ":"); {
			case !extension:
				more = leavesOf(AttrPath{Name: m.key}, m.raw, yield)
			case !isObject(m.raw):
				more = leavesOf(AttrPath{URN: m.key}, m.raw, yield)
			default:
				for in := range fields(m.raw) {
					if more = leavesOf(AttrPath{URN: m.key, Name: in.key}, in.raw, yield); !more {
						break
					}
				}
			}
			if !more {
				return
			}
		}
	}
}

func leavesOf(at AttrPath, raw string, yield func(Leaf) bool) bool {
	switch {
	case Unassigned(raw):
		return true
	case !isObject(raw):
		return yield(Leaf{at, raw})
	}
	for m := range fields(raw) {
		if !Unassigned(m.raw) && !yield(Leaf{at.With(m.key), m.raw}) {
			return false
		}
	}
	return true
}
