package profile

import (
	"encoding/json"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// An attribute that is multivalued in the profile and mapped to an extension that the RFCs do not
// define is a list. Keycloak 26.7.3 shows its first value as a text, stores the first of a list
// that a PATCH sends, and makes an empty text of a list that a POST sends (measured). Releases
// from 26.8 on are expected to show and to store lists, and to take a text for a list of one. Both
// are understood: a POST sends the first value, a PATCH the whole list, and what is shown is made
// a list. If Keycloak has the first value only, the whole list is kept beside it, as with e-mail
// addresses.

// list reports whether the attribute is a list.
func (a attribute) list() bool {
	if !a.Multivalued || a.path.URN == "" {
		return false
	}
	_, defined := scim.CoreSchemas().Lookup(scim.User, a.path)
	return !defined
}

// Lists is what Keycloak shows of a resource, with a list for each attribute that is one.
func (p *Profile) Lists(t scim.ResourceType, shown scim.Resource) scim.Resource {
	for _, a := range p.mapped {
		if t != scim.User || shown.IsZero() || !a.list() {
			continue
		}
		if raw := shown.Get(a.path); document.IsText(raw) {
			shown = shown.Set(a.path, document.Array([]string{raw}))
		}
	}
	return shown
}

// showsList reports whether Keycloak shows all that it can of a list: the first value if it shows a
// text.
func showsList(shown, wanted string) bool {
	if wants := document.Elements(wanted); document.IsText(shown) {
		return len(wants) > 0 && document.Same(shown, wants[0])
	}
	return document.Same(shown, document.Array(document.Elements(wanted)))
}

// listValue checks a list, or a text that stands for a list of one.
func (a attribute) listValue(raw string) (string, error) {
	values := document.Elements(raw)
	for _, v := range values {
		if !document.IsText(v) {
			return "", scim.InvalidValue("%s is kept by Keycloak as texts and has a value that is not a string", a.path)
		}
		if err := a.check(document.Text(v)); err != nil {
			return "", err
		}
	}
	if wrong := checkRange(float64(len(values)), a.Validations["multivalued"], " in number"); wrong != "" {
		return "", scim.InvalidValue("the values of %s %s", a.path, wrong)
	}
	return document.Array(values), nil
}

// Longer are the operations that give a new user the elements of lists that the create did not
// send. There are none for a list of which Keycloak shows a text, because it would take the first
// again.
func (p *Profile) Longer(t scim.ResourceType, shown, wanted scim.Resource) []Op {
	var ops []Op
	for _, a := range p.mapped {
		if t != scim.User || !a.list() {
			continue
		}
		if now, all := shown.Get(a.path), wanted.Get(a.path); now != "" && all != "" && !showsList(now, all) {
			ops = append(ops, Op{"replace", a.path.String(), json.RawMessage(document.Array(document.Elements(all)))})
		}
	}
	return ops
}
