package verify

import "keycloak-scim-proxy/onboarding/tenant"

// remains says what an account that is as the recipe says can do nevertheless (measured).
func remains(s tenant.Spec) []string {
	if s.Group == "" {
		return []string{
			"it reads, changes and deletes every user and group of the realm",
			"it sets the password of every user of the realm, administrators included, and can sign in as them",
			"before Keycloak 26.8.1 it can join a group that maps an administrator's role (CVE-2026-94000), and is an administrator then",
			"it reads and changes the realm's users of every other tenant that is confined to a group of this realm",
		}
	}
	all := []string{
		"it sets the passwords of the tenant's own users, and can sign in as them",
		"it links the tenant's own users to any identity provider of the realm and any account there; a user of another tenant who has the same link cannot sign in by it any more",
		"it ends sessions, deletes credentials and consents of the tenant's own users",
		"it creates groups below the groups of its pool, which it then cannot see, and moves a group of the pool below another one",
		"it reads the realm's name, locales, required actions and user profile",
		"it learns whether a userName or an e-mail address is taken in the realm, because both are unique there",
	}
	if s.Organization != "" {
		all = append(all, "it adds domains to the tenant's own organization, changes it and deletes it")
	}
	return all
}
