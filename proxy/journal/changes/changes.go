// Package changes has what a write changed of a resource, attribute by attribute.
package changes

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/secrets"
)

// Change is what became of one attribute. Old and New are JSON texts; "" is no value. With values
// left out, both are "", and Valueless of the entry is true.
type Change struct {
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Modified is the path of the time that an undo restores too.
var Modified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// Of returns the differences of two resources, with the time of the last change, and without
// passwords.
func Of(before, after scim.Resource) []Change {
	var out []Change
	old, now := before.Object(), after.Object()
	add := func(at scim.AttrPath) {
		out = append(out, Change{at.String(), secrets.Without(old.Get(at)), secrets.Without(now.Get(at))})
	}
	for _, op := range scim.Diff(before, after) {
		if !secrets.Named(op.Path.String()) {
			add(op.Path.AttrPath)
		}
	}
	out = append(out, Respelled(before, after)...)
	if !document.Same(old.Get(Modified), now.Get(Modified)) {
		add(Modified)
	}
	return out
}

// Respelled returns the values that are the same in another form of JSON. An undo restores them
// byte for byte.
func Respelled(before, after scim.Resource) (out []Change) {
	for name, raw := range after.All() {
		if was := before.Raw(name); was == raw || was == "" || !document.Same(was, raw) && !document.IsObject(raw) {
			continue // most members, without looking at their leaves
		}
		member := document.NewObject()
		member.Put(name, raw)
		for l := range member.Resource().Leaves() {
			if was := before.Get(l.Path); was != l.Raw && document.Same(was, l.Raw) && !scim.ServerManaged(l.Path) && !secrets.Named(l.Path.String()) {
				out = append(out, Change{l.Path.String(), secrets.Without(was), secrets.Without(l.Raw)})
			}
		}
	}
	return out
}

// Timed reports whether the change is that of meta.lastModified, which a change of members has too.
func (c Change) Timed() bool { return strings.EqualFold(c.Path, Modified.String()) }
