package adapters

import (
	"slices"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
)

// dialects is the one list of identity providers. Each has its rules in a file of its own.
func dialects() []protocol.Dialect {
	return []protocol.Dialect{
		{Name: "generic", Rules: generic()},
		{Name: "entra", Rules: entra()},
		{Name: "okta", Rules: okta()},
		{Name: "onelogin", Rules: oneLogin()},
		{Name: "jumpcloud", Rules: jumpCloud()},
		{Name: "pingfederate", Rules: pingFederate()},
		{Name: "pingone", Rules: pingOne()},
		{Name: "rippling", Rules: rippling()},
		{Name: "google", Rules: google()},
		{Name: "bamboohr", Rules: generic()}, // it has no SCIM client; what comes "from BambooHR" is some middleware's
	}
}

// Names of the dialects, as in a tenant's "idp".
func Names() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.Name)
	}
	return names
}

// Known reports whether there is a dialect of that name.
func Known(idp string) bool { return slices.Contains(Names(), idp) }

// For is the dialect of an identity provider; an unknown name is generic.
func For(idp string) protocol.Dialect {
	all := dialects()
	if i := slices.IndexFunc(all, func(d protocol.Dialect) bool { return d.Name == idp }); i >= 0 {
		return all[i]
	}
	return all[0]
}

// generic has every rule that cannot hurt a correct client. Order matters: names are repaired before they are looked up, and values are read
// when their names are known.
func generic() []protocol.Rule {
	return []protocol.Rule{
		patchShape(),
		opNames(),
		forms.URNs(),
		forms.CoreObject(),
		pathless(),
		bareLiterals(),
		attributeNames(),
		managerForms(),
		memberValues(),
		removeMembersByValue(),
		listValues(),
		forms.SingleValues(),
		textBooleans(),
		activeAbsent(),
		passwordDropped(),
	}
}

// around is the generic rules with a provider's own before and after them.
func around(before []protocol.Rule, after ...protocol.Rule) []protocol.Rule {
	return slices.Concat(before, generic(), after)
}
