package scim

import "strings"

// Complete reports a required attribute without which a resource of the type cannot be: a user's userName, a group's displayName.
// An empty text is none.
func (s Schemas) Complete(t ResourceType, r Resource) error {
	for _, a := range s.core[t].Attributes {
		if a.Required && strings.TrimSpace(Text(r.Raw(a.Name))) == "" {
			return InvalidValue("%s is required", a.Name)
		}
	}
	return nil
}
