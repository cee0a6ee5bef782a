package scim

import "keycloak-scim-proxy/proxy/scim/document"

// Diff returns the PATCH that turns old into wanted: Apply(old, Diff(old, wanted)) equals wanted if
// neither has unassigned values. Replacements come before removals, so that no remaining attribute
// is temporarily empty. A value that becomes an object, or was one, is replaced whole.
func Diff(old, wanted Resource) []Op {
	var ops []Op
	had, has := index(old), index(wanted)
	whole := map[AttrPath]bool{} // attributes that are replaced whole
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

// leafIndex has the text of each leaf, and "{" for objects with leaves. Lookups in the text would
// take quadratic time.
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

// plain reports whether there is a value that is not an object.
func (x leafIndex) plain(p AttrPath) bool {
	raw := x[p.Folded()]
	return raw != "" && raw != "{"
}
