package importer

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// differs names the first attribute in which a resource does not show what a row says, or "". What a server never shows, or says itself, is not
// compared.
func differs(have, row scim.Resource) string {
	for leaf := range row.Leaves() {
		switch strings.ToLower(leaf.Path.Name) {
		case "schemas", "id", "meta", "groups":
			continue
		}
		if !covers(have.Get(leaf.Path), leaf.Raw, strings.EqualFold(leaf.Path.Name, "userName")) {
			return leaf.Path.String()
		}
	}
	return ""
}

// covers reports whether a value holds at least what is wanted: each member of an object, for each element of an array one that covers it. Text
// and what it stands for are alike ("True" and true), as servers read them so.
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
