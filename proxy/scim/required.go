package scim

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Complete reports a name without which a resource of the type cannot be: a user's userName, a group's displayName. An empty text is none.
// Other required attributes have a value of their own where none is given.
func (s Schemas) Complete(t ResourceType, r Resource) error {
	for _, a := range s.core[t].Attributes {
		if a.Required && a.Uniqueness == "server" && strings.TrimSpace(document.Text(r.Raw(a.Name))) == "" {
			return InvalidValue("%s is required", a.Name)
		}
	}
	return nil
}
