package config

// Tenant is one tenant's file.
type Tenant struct {
	// Tenant is the name: lower-case letters, digits and inner hyphens, up to 63. It stands in tokens and URLs. Required.
	Tenant string `yaml:"tenant"`
	// Realm is the name of the Keycloak realm. Required.
	Realm string `yaml:"realm"`
	// SharedRealm allows other tenants to serve the whole realm too. Tenants of one realm see,
	// change and delete the same users, so two of them are refused at start unless it is true in
	// both. Realms whose names differ in letter case only count as one realm, because Keycloak
	// compares names as its database does (MySQL and SQL Server ignore case).
	SharedRealm bool `yaml:"sharedRealm"`
	// Group confines the tenant to one group of a shared realm. Absent: the whole realm.
	Group string `yaml:"group"`
	// Organization also makes users members of a Keycloak organization.
	Organization string `yaml:"organization"`
	// IDP is the dialect: how this tenant's identity provider talks. docs/idps.md lists them; generic is for all others.
	IDP string `yaml:"idp"`
	// ServiceAccount is the client whose service account acts for the tenant in Keycloak. Required.
	ServiceAccount ServiceAccount `yaml:"serviceAccount"`
	// Tokens are the bearer tokens that the tenant may use, by their SHA-256. None: nobody can call.
	Tokens []Token `yaml:"tokens"`
	// State is what the tenant may do: live for everything, staged for reads only.
	State string `yaml:"state"`
	// RequiredAttributes must be kept or mapped, or the tenant is not served.
	RequiredAttributes []string `yaml:"requiredAttributes"`
	// OnDelete is what a DELETE of a user does: delete, deactivate, or detach from the tenant.
	OnDelete string `yaml:"onDelete"`
	// MembersShown is how many members a group may have and still be answered whole after a PATCH of its members; beyond it the answer is 204.
	MembersShown int `yaml:"membersShown"`
	// UnknownMembers is what happens to a change with group members that do not exist: fail, or skip to leave them out of it and name them in the log.
	UnknownMembers string `yaml:"unknownMembers"`
	// Extensions declare schemas of the tenant's own, so that /Schemas shows them and their values are checked. What is not declared is kept all the same.
	Extensions []Extension `yaml:"extensions"`
	// Rate bounds the tenant's requests. Absent: no bound.
	Rate *Rate `yaml:"rate"`
}

// Extension is a schema extension of users.
type Extension struct {
	// URN of the schema, such as urn:example:params:scim:schemas:extension:acme:2.0:User. Required.
	URN string `yaml:"urn"`
	// Name for people.
	Name string `yaml:"name"`
	// Attributes of the schema. Required.
	Attributes []ExtensionAttribute `yaml:"attributes"`
}

// ExtensionAttribute is one attribute of an extension.
type ExtensionAttribute struct {
	// Name of the attribute. Required.
	Name string `yaml:"name"`
	// Type is string, boolean, decimal, integer, dateTime, binary or reference. Absent: string.
	Type string `yaml:"type"`
	// MultiValued says that it is a list.
	MultiValued bool `yaml:"multiValued"`
	// CaseExact says that letter case matters when it is compared.
	CaseExact bool `yaml:"caseExact"`
	// Description for people.
	Description string `yaml:"description"`
}

// ServiceAccount is a confidential client of Keycloak.
type ServiceAccount struct {
	// ClientID is what Keycloak calls the client ID. Required.
	ClientID string `yaml:"clientID"`
	// SecretFile holds the client's secret, white space around it ignored; it is read whenever a token is asked for. Required, or secretEnv.
	SecretFile string `yaml:"secretFile"`
	// SecretEnv names the environment variable with the client's secret, instead of secretFile.
	SecretEnv string `yaml:"secretEnv"`
}

// Token is a bearer token, known by its hash only.
type Token struct {
	// ID of the key: lower-case letters and digits, up to 16. Required.
	ID string `yaml:"id"`
	// SHA256 of the whole token, 64 hex digits. Required.
	SHA256 string `yaml:"sha256"`
	// Created is the day of its making, in UTC, or an RFC 3339 time. It is for people.
	Created Date `yaml:"created"`
	// Expires is the day from whose beginning, in UTC, the token is refused, or an RFC 3339 time. Absent: never.
	Expires Date `yaml:"expires"`
}

// Rate bounds the requests of a tenant.
type Rate struct {
	// RequestsPerSecond is the average. Required.
	RequestsPerSecond float64 `yaml:"requestsPerSecond"`
	// Burst is how many may come at once. Required.
	Burst int `yaml:"burst"`
	// Concurrency is how many may run at once. Required.
	Concurrency int `yaml:"concurrency"`
}
