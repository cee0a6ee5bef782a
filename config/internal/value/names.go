package value

import (
	"regexp"
	"strings"
)

var keycloakID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// OnDelete checks a mode. The word detach was reserved for a while and never did anything.
func OnDelete(mode string) string {
	if mode == "detach" {
		return "detach is not supported: use park, which also takes the user out of all groups and keeps the account for graceDays"
	}
	return unless(mode == "delete" || mode == "park" || mode == "deactivate", "must be delete, park or deactivate")
}

// TopGroup checks the name of a group at the top level of a realm: Keycloak finds no other by its
// path unless the account may view its parents (measured).
func TopGroup(name string) string {
	return unless(len(name) <= 255 && strings.TrimSpace(name) == name && !strings.ContainsAny(name, "/~\\") && !Control.MatchString(name) && strings.Trim(name, ".") != "",
		"must be the name of a group at the top level of the realm, without slashes")
}

// Organization checks the id of an organization.
func Organization(id string) string {
	return unless(keycloakID.MatchString(id), "must be the id of the organization, such as 8864b754-5046-45eb-87d6-f90be95e80a5 (in its URL in Keycloak's console), not its name")
}

var (
	tenantName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	keyID      = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
	// realmName is part of URLs, so characters that change the meaning of a URL are refused.
	realmName = regexp.MustCompile(`^[^/\\?#%;\x00-\x20\x7f]([^/\\?#%;\x00-\x1f\x7f]{0,253}[^/\\?#%;\x00-\x20\x7f])?$`)
)

// TenantName checks the name of a tenant.
func TenantName(s string) string {
	return unless(tenantName.MatchString(s), "must be lower-case letters, digits and inner hyphens, up to 63")
}

// RealmName checks the name of a realm.
func RealmName(s string) string {
	return unless(realmName.MatchString(s) && s != "." && s != "..", "must be the name of a realm")
}

// KeyID checks the id of a token.
func KeyID(s string) string {
	return unless(keyID.MatchString(s), "must be lower-case letters and digits, up to 16")
}

var (
	extensionURN  = regexp.MustCompile(`(?i)^urn:[a-z0-9][a-z0-9-]{1,31}:[!-~]+$`)
	attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// URN checks the name of a schema.
func URN(s string) string { return unless(extensionURN.MatchString(s), "must be a URN") }

// AttributeName checks the name of an attribute of an extension.
func AttributeName(s string) string {
	return unless(attributeName.MatchString(s), "must be letters, digits, hyphens and underscores, a letter first")
}
