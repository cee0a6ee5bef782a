package document

import (
	"iter"
	"strings"
)

// Leaf is a value with its path: the unit that layers compare, keep and send.
type Leaf struct {
	Path AttrPath
	Raw  string
}

// Leaves yields the leaves in document order. Objects are divided down to sub-attributes
// (name.givenName, urn:x:User:manager.value); arrays, scalars and deeper values are one leaf.
// Unassigned values are left out.
func (r Resource) Leaves() iter.Seq[Leaf] {
	return func(yield func(Leaf) bool) {
		for name, raw := range r.All() {
			if !memberLeaves(name, raw, yield) {
				return
			}
		}
	}
}

func memberLeaves(name, raw string, yield func(Leaf) bool) bool {
	switch extension := strings.Contains(name, ":"); {
	case !extension:
		return leavesOf(AttrPath{Name: name}, raw, yield)
	case !IsObject(raw):
		return leavesOf(AttrPath{URN: name}, raw, yield)
	}
	for in := range Members(raw) {
		if !leavesOf(AttrPath{URN: name, Name: in.Name}, in.Raw, yield) {
			return false
		}
	}
	return true
}

// CountLeaves counts the leaves, up to limit+1.
func (r Resource) CountLeaves(limit int) int {
	n := 0
	for range r.Leaves() {
		if n++; n > limit {
			break
		}
	}
	return n
}

func leavesOf(at AttrPath, raw string, yield func(Leaf) bool) bool {
	switch {
	case Unassigned(raw):
		return true
	case !IsObject(raw):
		return yield(Leaf{at, raw})
	}
	for m := range Members(raw) {
		if !Unassigned(m.Raw) && !yield(Leaf{at.With(m.Name), m.Raw}) {
			return false
		}
	}
	return true
}
