package scim

import "keycloak-scim-proxy/proxy/scim/document"

// Diff is the PATCH that turns old into new: Apply(old, Diff(old, new)) equals new where neither has unassigned values. Replacements come
// before removals, so that nothing that stays is empty in between. A value of another kind than before (an object, or not) is replaced whole.
func Diff(old, wanted Resource) []Op {
	var ops []Op
	had, has := index(old), index(wanted)
	whole := map[AttrPath]bool{} // what is replaced whole already
	texts := wanted.Object()
	for l := range wanted.Leaves() {
		at, raw := l.Path, l.Raw
		if ServerManaged(at) || document.Same(had[at.Folded()], raw) {
			continue
		}
		if at.Sub != "" && had.plain(at.Top()) {
			if at = at.Top(); whole[at.Folded()] {
				continue
			}
			raw, whole[at.Folded()] = texts.Get(at), true
		}
		ops = append(ops, Op{ReplaceAll, Path{AttrPath: at}, raw})
	}
	for l := range old.Leaves() {
		replaced := has[l.Path.Folded()] != "" || l.Path.Sub != "" && has.plain(l.Path.Top())
		if !replaced && !ServerManaged(l.Path) {
			ops = append(ops, Op{Kind: Remove, Path: Path{AttrPath: l.Path}})
		}
	}
	return ops
}

// leafIndex is the text of each leaf, and "{" for what was taken apart. Looking leaves up in the text, one by one, would be quadratic.
type leafIndex map[AttrPath]string

func index(r Resource) leafIndex {
	out := leafIndex{}
	for l := range r.Leaves() {
		if l.Path.Sub != "" {
			out[l.Path.Top().Folded()] = "{"
		}
		out[l.Path.Folded()] = l.Raw
	}
	return out
}

// plain reports whether there is a value that is no object.
func (x leafIndex) plain(p AttrPath) bool {
	raw := x[p.Folded()]
	return raw != "" && raw != "{"
}
