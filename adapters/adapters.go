package adapters

import (
	"slices"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
)

// dialects lists the identity providers. The rules of each are in a file of their own.
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
		{Name: "bamboohr", Rules: generic()}, // BambooHR has no SCIM client: its requests come from a middleware
	}
}

// Names returns the names of the dialects: the values that a tenant's idp may have.
func Names() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.Name)
	}
	return names
}

// Known reports whether idp is the name of a dialect.
func Known(idp string) bool { return slices.Contains(Names(), idp) }

// For returns the dialect of an identity provider; for an unknown name, generic.
func For(idp string) protocol.Dialect {
	all := dialects()
	at := slices.IndexFunc(all, func(d protocol.Dialect) bool { return d.Name == idp })
	return all[max(at, 0)] // generic is the first
}

// generic returns the rules that do no harm to a correct client. Their order matters: names are
// repaired before they are looked up in the schemas, and values are read when their names are
// known.
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

// around returns the generic rules with a provider's own rules before and after them.
func around(before []protocol.Rule, after ...protocol.Rule) []protocol.Rule {
	return slices.Concat(before, generic(), after)
}

// Says returns what a rule of a dialect does; "" if there is no such rule.
func Says(idp, rule string) string {
	for _, r := range For(idp).Rules {
		if r.Name == rule {
			return r.Says
		}
	}
	return ""
}
