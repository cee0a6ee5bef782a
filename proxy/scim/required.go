package scim

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// CheckRequired reports a missing userName or displayName; an empty string counts as missing. Other
// required attributes get a default.
func (s Schemas) CheckRequired(t ResourceType, r Resource) error {
	for _, a := range s.core[t].Attributes {
		if a.Required && a.Uniqueness == "server" && strings.TrimSpace(document.Text(r.Raw(a.Name))) == "" {
			return InvalidValue("%s is required", a.Name)
		}
	}
	return nil
}
