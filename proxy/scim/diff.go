package scim

import "strings"

// Diff is the PATCH that turns old into new: Apply(old, Diff(old, new)) equals new where neither has unassigned values. Replacements come
// before removals, so that nothing that stays is empty in between. A value of another kind than before (an object, or not) is replaced whole.
func Diff(old, wanted Resource) []Op {
	var ops []Op
	had, has := index(old), index(wanted)
	whole := map[AttrPath]bool{} // what is replaced whole already
	texts := wanted.Object()
	for l := range wanted.leaves() {
		at, raw := l.Path, l.Raw
		if serverOwned(at) || Same(had[folded(at)], raw) {
			continue
		}
		if at.Sub != "" && had.plain(at.Top()) {
			if at = at.Top(); whole[folded(at)] {
				continue
			}
			raw, whole[folded(at)] = texts.Get(at), true
		}
		ops = append(ops, Op{ReplaceAll, Path{AttrPath: at}, raw})
	}
	for l := range old.leaves() {
		replaced := has[folded(l.Path)] != "" || l.Path.Sub != "" && has.plain(l.Path.Top())
		if !replaced && !serverOwned(l.Path) {
			ops = append(ops, Op{Kind: Remove, Path: Path{AttrPath: l.Path}})
		}
	}
	return ops
}

// leafIndex is the text of each leaf, and "{" for what was taken apart. Looking leaves up in the text, one by one, would be quadratic.
type leafIndex map[AttrPath]string

func index(r Resource) leafIndex {
	out := leafIndex{}
	for l := range r.leaves() {
		if l.Path.Sub != "" {
			out[folded(l.Path.Top())] = "{"
		}
		out[folded(l.Path)] = l.Raw
	}
	return out
}

// plain reports whether there is a value that is no object.
func (x leafIndex) plain(p AttrPath) bool {
	raw := x[folded(p)]
	return raw != "" && raw != "{"
}

// folded is the path in lower case, part by part: its text alone would not tell the dot of "a.b" from that of a name.
func folded(p AttrPath) AttrPath {
	return AttrPath{strings.ToLower(p.URN), strings.ToLower(p.Name), strings.ToLower(p.Sub)}
}

// serverOwned attributes are no part of a comparison: the server gives them.
func serverOwned(p AttrPath) bool {
	if p.URN != "" {
		return false
	}
	switch strings.ToLower(p.Name) {
	case "id", "meta", "schemas":
		return true
	}
	return false
}
