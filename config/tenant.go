package config

import "time"

// Tenant is the file of one tenant.
type Tenant struct {
	// Tenant is the name: lower-case letters, digits and inner hyphens, up to 63. It is part of
	// tokens and URLs. Required.
	Tenant string `yaml:"tenant"`
	// Realm is the name of the Keycloak realm. Required.
	Realm string `yaml:"realm"`
	// SharedRealm allows other tenants to serve the whole realm too. Tenants of one realm see,
	// change and delete the same users, so two of them are refused at start unless it is true for
	// both. A tenant of the whole realm beside tenants that are confined to a group needs it too,
	// because it reaches their users. Realms whose names differ only in letter case count as one
	// realm, because Keycloak compares names as its database does (MySQL and SQL Server ignore
	// case).
	SharedRealm bool `yaml:"sharedRealm"`
	// Group confines the tenant to one group of a shared realm: the name of a group at the top
	// level. The service account must be one that Keycloak confines to this group
	// (docs/accounts.md). The tenant's users are members of the group, and its groups are child
	// groups of it. Absent: the whole realm.
	Group string `yaml:"group"`
	// Organization also makes the users that are created members of a Keycloak organization: its
	// id, because the account may not look for its name. Only with group.
	Organization string `yaml:"organization"`
	// IDP is the dialect of this tenant's identity provider. docs/idps.md lists the dialects;
	// generic is for all other providers.
	IDP string `yaml:"idp"`
	// ServiceAccount is the client whose service account acts for the tenant in Keycloak. Required.
	ServiceAccount ServiceAccount `yaml:"serviceAccount"`
	// Tokens are the bearer tokens that the tenant may use, by their SHA-256. Empty, and without
	// oauth: every request is refused.
	Tokens []Token `yaml:"tokens"`
	// OAuth lets the tenant also accept access tokens of its realm, at its own URL
	// (publicURL/tenants/TENANT/scim/v2) only. It needs publicURL (docs/tenants.md). Absent: none.
	OAuth *OAuth `yaml:"oauth"`
	// AllowedNetworks are the IP addresses and networks (CIDR) that the tenant's identity provider
	// connects from. A request with a token of the tenant from any other address is refused like
	// one with an unknown token. Behind a reverse proxy it needs trustedProxies in the main file
	// (docs/operations.md). Absent: every address.
	AllowedNetworks []string `yaml:"allowedNetworks"`
	// State is what the tenant may do. With staged, it answers reads, and every write is 429, until
	// a green canary has proven that all requiredAttributes survive (docs/tenants.md); the proof is
	// in the store. With live, it does everything at once.
	State string `yaml:"state"`
	// RequiredAttributes are attributes of users that must survive, such as title, name.middleName,
	// or department of the enterprise extension. The canary writes them, and the proxy watches that
	// they live where the canary found them: in Keycloak or in the store.
	RequiredAttributes []string `yaml:"requiredAttributes"`
	// OnLostAttributes is what happens while a required attribute lives elsewhere because the
	// realm's user profile was changed: alarm goes on, with a fault in log, metrics and /readyz;
	// stop also answers every write with 429.
	OnLostAttributes string `yaml:"onLostAttributes"`
	// OnDelete is what a DELETE of a user does: delete it; park it, which renames and disables it,
	// and deletes it after graceDays; or deactivate it, which disables it and keeps its userName for
	// a later create. A parked or deactivated user does not exist for the tenant (docs/leavers.md).
	OnDelete string `yaml:"onDelete"`
	// GraceDays is how many days a user stays parked.
	GraceDays int `yaml:"graceDays"`
	// SSOLink links the users that are created to an identity provider of the realm, so that their
	// first sign-in through it asks no question (docs/leavers.md). Absent: they are not linked.
	SSOLink *SSOLink `yaml:"ssoLink"`
	// MembersShown is the largest group that a PATCH of its members answers with the whole group.
	// For a larger group the answer is 204, and with 0 for every group. `tenant add` writes 0 for a
	// tenant with group, because Keycloak needs about 0.15 s to find the members for its account.
	MembersShown int `yaml:"membersShown"`
	// UnknownMembers is what happens to a change with group members that do not exist: fail, or
	// skip, which leaves them out and names them in the log.
	UnknownMembers string `yaml:"unknownMembers"`
	// Profile is what happens to names that no schema defines, in every write: tolerant keeps them,
	// and the log warns once of each that looks like a misspelt one; strict refuses them with 400,
	// extensions that are not declared included.
	Profile string `yaml:"profile"`
	// Extensions declare schemas of the tenant's own, so that /Schemas shows them and their values
	// are checked. Attributes that are not declared are kept too, unless the profile is strict.
	Extensions []Extension `yaml:"extensions"`
	// Rate limits the tenant's requests, with all three keys. Absent: limits.rate of the main file.
	Rate *Rate `yaml:"rate"`
	// Guard holds changes that end the access of many users at once (docs/guard.md). If present, it
	// replaces the whole section of the main file, except its webhook; absent keys have the default.
	// Absent: guard of the main file.
	Guard *Guard `yaml:"guard"`

	// File is the file that Load read the tenant from.
	File string `yaml:"-"`
}

// Kind is "group" for a tenant that is confined to a group of its realm, and "realm" for one that
// has the whole realm.
func (t Tenant) Kind() string {
	if t.Group != "" {
		return "group"
	}
	return "realm"
}

// SSOLink is the link of users to an identity provider.
type SSOLink struct {
	// IDP is the alias of the identity provider in the realm. Required.
	IDP string `yaml:"idp"`
	// UserID is the attribute that has the id of a user at the identity provider (the claim sub, or
	// the NameID): externalId or userName. Absent: externalId.
	UserID string `yaml:"userId"`
	// Adopt lets a create take over a user that a sign-in through the identity provider has made
	// before, if it has exactly this link and was not created by a client. Not for tenants with
	// group, and only with externalId.
	Adopt bool `yaml:"adopt"`
}

// Extension is a schema extension of users.
type Extension struct {
	// URN is the name of the schema, such as
	// urn:example:params:scim:schemas:extension:acme:2.0:User. Required.
	URN string `yaml:"urn"`
	// Name is a name for people.
	Name string `yaml:"name"`
	// Attributes are the attributes of the schema. Required.
	Attributes []ExtensionAttribute `yaml:"attributes"`
}

// ExtensionAttribute is one attribute of an extension.
type ExtensionAttribute struct {
	// Name is the name of the attribute. Required.
	Name string `yaml:"name"`
	// Type is string, boolean, decimal, integer, dateTime, binary or reference. Absent: string.
	Type string `yaml:"type"`
	// MultiValued means that the attribute is a list.
	MultiValued bool `yaml:"multiValued"`
	// CaseExact means that comparisons respect letter case.
	CaseExact bool `yaml:"caseExact"`
	// Description is a text for people.
	Description string `yaml:"description"`
}

// ServiceAccount is a confidential client of Keycloak.
type ServiceAccount struct {
	// ClientID is the client ID in Keycloak. Required.
	ClientID string `yaml:"clientID"`
	// SecretFile is the file with the client's secret. White space around it is ignored. It is read
	// whenever the proxy asks for a token. Required, or secretEnv, or keyFile.
	SecretFile string `yaml:"secretFile"`
	// SecretEnv is the environment variable with the client's secret, instead of secretFile.
	SecretEnv string `yaml:"secretEnv"`
	// KeyFile is the file with a private key, instead of a secret: PEM (PKCS #8) or a JSON Web Key;
	// RSA of at least 2048 bits, P-256 or Ed25519. The proxy signs with it (private_key_jwt), and
	// the client in Keycloak has the public key only (docs/accounts.md). It is read whenever the
	// proxy asks for a token.
	KeyFile string `yaml:"keyFile"`
}

// Token is a bearer token. Only its hash is known.
type Token struct {
	// ID is the name of the key: lower-case letters and digits, up to 16. Required.
	ID string `yaml:"id"`
	// SHA256 is the SHA-256 of the whole token, 64 hex digits. Required.
	SHA256 string `yaml:"sha256"`
	// Created is the date of creation: a day in UTC or an RFC 3339 time. It is for people.
	Created Date `yaml:"created"`
	// Expires is the date from which the token is refused: the beginning of a day in UTC, or an RFC
	// 3339 time. Absent: never.
	Expires Date `yaml:"expires"`
	// Revoked is the date from which the token is refused before it expires, in the same forms. A
	// token without its line is refused too, but with it the metrics and the log show who still
	// uses the token. Absent: it is not revoked.
	Revoked Date `yaml:"revoked"`
}

// End is the date from which the token is refused: the first of Expires and Revoked, or zero.
func (t Token) End() time.Time {
	if t.Expires.IsZero() || !t.Revoked.IsZero() && t.Revoked.Before(t.Expires.Time) {
		return t.Revoked.Time
	}
	return t.Expires.Time
}

// OAuth says which access tokens are accepted.
type OAuth struct {
	// Clients are the client IDs, in the tenant's realm, whose own tokens (client credentials) are
	// accepted, with the tenant's URL as audience and the scope scim. Required.
	Clients []string `yaml:"clients"`
}

// Rate limits the requests of a caller. A bulk request counts as one.
type Rate struct {
	// RequestsPerSecond is the average rate. Proxies that share a store in Redis count together.
	RequestsPerSecond float64 `yaml:"requestsPerSecond"`
	// Burst is how many requests may come at once after a quiet time.
	Burst int `yaml:"burst"`
	// Concurrency is how many requests may run at once, in each proxy.
	Concurrency int `yaml:"concurrency"`
}
