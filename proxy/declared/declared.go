// Package declared adds the schemas that a tenant's file declares to those of the RFC.
package declared

import (
	"cmp"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
)

// Extend adds extensions of users.
func Extend(s scim.Schemas, all []config.Extension) scim.Schemas {
	for _, e := range all {
		schema := scim.Schema{ID: e.URN, Name: cmp.Or(e.Name, e.URN), Description: "An extension of this tenant"}
		for _, a := range e.Attributes {
			schema.Attributes = append(schema.Attributes, scim.Attribute{Name: a.Name, Type: a.Type, MultiValued: a.MultiValued, CaseExact: a.CaseExact, Description: a.Description})
		}
		s = s.With(scim.User, schema)
	}
	return s
}
