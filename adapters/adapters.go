package adapters

import (
	"slices"

	"keycloak-scim-proxy/proxy/scim"
)

// Names of the dialects, as in a tenant's "idp".
func Names() []string { return []string{"generic"} }

// Known reports whether there is a dialect of that name.
func Known(idp string) bool { return slices.Contains(Names(), idp) }

// For is the dialect of an identity provider; an unknown name is generic.
func For(string) scim.Dialect {
	return scim.Dialect{Name: "generic", Rules: generic()}
}

// generic has every rule that cannot hurt a correct client. Order matters: names are repaired before they are looked up.
func generic() []scim.Rule {
	return []scim.Rule{
		patchShape(),
		opNames(),
		urnSpelling(),
		pathless(),
		attributeNames(),
		removeMembersByValue(),
		textBooleans(),
		activeAbsent(),
		passwordDropped(),
	}
}
