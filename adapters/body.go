package adapters

import (
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// eachAttribute changes the values of a body; "" removes the attribute. change gets the attribute's
// definition, which is zero if the schemas do not have the attribute.
func eachAttribute(m *protocol.Message, body *scim.Object, change func(def scim.Attribute, raw string) string) {
	body.Map(func(name, raw string) (string, string) {
		def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{Name: name})
		return name, change(def, raw)
	})
}

// respelled makes the function for Map that changes names only.
func respelled(name func(string) string) func(key, raw string) (string, string) {
	return func(key, raw string) (string, string) { return name(key), raw }
}

// mapObject changes the members of a JSON object. Other values stay as they are.
func mapObject(raw string, change func(name, raw string) (string, string)) string {
	o, ok := forms.Object(raw)
	if !ok {
		return raw
	}
	return o.Map(change).String()
}

// isEmpty reports whether a value is absent, null, [], {} or "".
func isEmpty(raw string) bool { return document.Unassigned(raw) || raw == `""` }

func isMembers(name string) bool { return strings.EqualFold(name, "members") }
