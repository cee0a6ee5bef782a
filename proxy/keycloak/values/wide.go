package values

import (
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// fewUsers is the size of a page that costs the SCIM API as little as two calls cost (measured).
const fewUsers = 25

// Wide reports whether a page may have many users: it is large, and no unique value is looked up.
func Wide(q directory.Query) bool {
	return q.Count >= fewUsers && !slices.ContainsFunc(scim.Conjuncts(q.Filter), func(f scim.Filter) bool {
		c, ok := f.(scim.Compare)
		return ok && c.Op == scim.Eq && document.IsText(c.Value)
	})
}
