package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// removeMembersByValue is R7.
func removeMembersByValue() scim.Rule {
	return scim.Rule{
		Name:   "remove-members-by-value",
		Says:   "A remove of members that carries a value removes those members, one filtered remove per id; an empty value removes nobody, never everybody.",
		Source: "Entra's default (entra-docs, use-scim-to-provision-users-and-groups; AzureAD/SCIMReferenceCode); Salesforce sends {\"members\": […]}; read by the RFC it empties the group; native Keycloak 26.7.3 answers 200 and removes nobody",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if w.Type != scim.Group {
				return w, false
			}
			return eachOp(w, func(op scim.Resource) []scim.Resource {
				value := op.Raw("value")
				if scim.Text(op.Raw("op")) != "remove" || !strings.EqualFold(scim.Text(op.Raw("path")), "members") || value == "" || value == "null" {
					return []scim.Resource{op}
				}
				if o, ok := object(value); ok && o.Raw("members") != "" {
					value = o.Raw("members")
				}
				return removals(op, scim.Elements(value))
			})
		},
	}
}

// removals is one operation per member; a member without an id leaves the whole as it was, for the strict reader to refuse.
func removals(op scim.Resource, members []string) []scim.Resource {
	out := []scim.Resource{}
	for _, m := range members {
		id := m
		if o, ok := object(m); ok {
			id = o.Raw("value")
		}
		if !scim.IsText(id) || scim.Text(id) == "" {
			return []scim.Resource{op}
		}
		out = append(out, op.With("path", scim.Quote("members[value eq "+id+"]")).With("value", ""))
	}
	return out
}
