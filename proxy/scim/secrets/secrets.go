// Package secrets finds passwords in SCIM documents. No schema of the proxy has one, but a client
// may send one, in any spelling and at any depth, and it must not be written anywhere.
package secrets

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Named reports whether a name is that of a password: alone, or as a part of a path, which some
// clients write as the name of a member.
func Named(name string) bool {
	parts := strings.FieldsFunc(name, func(c rune) bool { return c == ':' || c == '.' })
	return slices.ContainsFunc(parts, func(p string) bool { return strings.EqualFold(p, "password") })
}

// Without returns JSON text without the passwords in it, at any depth. A text that has none is
// returned as it is, byte for byte.
func Without(raw string) string {
	if !in(raw) {
		return raw
	}
	switch {
	case document.IsObject(raw):
		o := document.NewObject()
		for m := range document.Members(raw) {
			if !Named(m.Name) {
				o.Put(m.Name, Without(m.Raw))
			}
		}
		return o.String()
	case document.IsArray(raw):
		values := document.Elements(raw)
		for i, v := range values {
			values[i] = Without(v)
		}
		return document.Array(values)
	}
	return raw
}

// in reports whether JSON text has a password, at any depth.
func in(raw string) bool {
	switch {
	case !strings.Contains(strings.ToLower(raw), "password") && !strings.Contains(raw, `\u`):
		return false
	case document.IsArray(raw):
		return slices.ContainsFunc(document.Elements(raw), in)
	case document.IsObject(raw):
		for m := range document.Members(raw) {
			if Named(m.Name) || in(m.Raw) {
				return true
			}
		}
	}
	return false
}

// Operations returns the operations of a PATCH as JSON text, without passwords.
func Operations(ops []scim.Op) string {
	texts := make([]string, len(ops))
	for i, op := range ops {
		o := document.NewObject()
		o.Put("op", document.Quote(string(op.Kind)))
		value := Without(op.Value)
		if !op.Path.IsZero() {
			o.Put("path", document.Quote(op.Path.String()))
			if Named(op.Path.AttrPath.String()) {
				value = ""
			}
		}
		if value != "" {
			o.Put("value", value)
		}
		texts[i] = o.String()
	}
	return document.Array(texts)
}
