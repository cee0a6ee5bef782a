package importer

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// shows reports whether a resource shows everything that a row says. What a server never shows, or says itself, is not compared.
func shows(have, row scim.Resource) bool {
	for _, leaf := range row.Leaves() {
		switch strings.ToLower(leaf.Path.Name) {
		case "schemas", "password", "id", "meta", "groups":
			continue
		}
		if !covers(have.Get(leaf.Path), leaf.Raw, strings.EqualFold(leaf.Path.Name, "userName")) {
			return false
		}
	}
	return true
}

// covers reports whether a value holds at least what is wanted: each member of an object, for each element of an array one that covers it. Text
// and what it stands for are alike ("True" and true), as servers read them so.
func covers(have, want string, fold bool) bool {
	switch {
	case scim.Same(have, want):
		return true
	case strings.HasPrefix(want, "["):
		es := scim.Elements(have)
		for _, w := range scim.Elements(want) {
			found := false
			for _, e := range es {
				found = found || covers(e, w, fold)
			}
			if !found {
				return false
			}
		}
		return have != ""
	case strings.HasPrefix(want, "{"):
		h, err := scim.ParseResource([]byte(have))
		if err != nil {
			return false
		}
		w := scim.Must(want)
		for _, name := range w.Names() {
			if !covers(h.Raw(name), w.Raw(name), fold) {
				return false
			}
		}
		return true
	case have == "true" || have == "false" || fold:
		return strings.EqualFold(scim.Text(have), scim.Text(want))
	}
	return false
}
