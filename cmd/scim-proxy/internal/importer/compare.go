package importer

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// difference returns the path of the first attribute of a row that the existing user lacks or has
// with another value, or "". It ignores schemas, id, meta and groups, which the server sets
// itself.
func difference(existing, row scim.Resource) string {
	for leaf := range row.Leaves() {
		switch strings.ToLower(leaf.Path.Name) {
		case "schemas", "id", "meta", "groups":
			continue
		}
		if !covers(existing.Get(leaf.Path), leaf.Raw, strings.EqualFold(leaf.Path.Name, "userName")) {
			return leaf.Path.String()
		}
	}
	return ""
}

// covers reports whether a value contains everything in want: each member of an object, and for
// each element of an array one that covers it. Booleans also match their text ("True" and true),
// as servers accept both. With fold, texts match in any case.
func covers(have, want string, fold bool) bool {
	switch {
	case document.Same(have, want) || document.Unassigned(want):
		return true
	case strings.HasPrefix(want, "["):
		es := document.Elements(have)
		return !slices.ContainsFunc(document.Elements(want), func(w string) bool {
			return !slices.ContainsFunc(es, func(e string) bool { return covers(e, w, fold) })
		})
	case strings.HasPrefix(want, "{"):
		h, err := scim.ParseResource([]byte(have))
		if err != nil {
			return false
		}
		w := document.Must(want)
		return !slices.ContainsFunc(w.Names(), func(name string) bool { return !covers(h.Raw(name), w.Raw(name), fold) })
	case have == "true" || have == "false" || fold:
		return strings.EqualFold(document.Text(have), document.Text(want))
	}
	return false
}
