package fault

import (
	"cmp"
	"errors"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// Cause of a fault. The causes are a closed set, because they label metrics.
type Cause string

// Causes, each as far as Keycloak's answers tell it from the others.
const (
	URL      Cause = "url"      // no Keycloak answers at the configured address
	Realm    Cause = "realm"    // the realm does not exist, or is disabled
	Client   Cause = "client"   // the client does not exist, or may not get tokens
	Secret   Cause = "secret"   // the client's secret is refused, or cannot be read
	Key      Cause = "key"      // the signature of the client's key is refused, or the key cannot be read
	Clock    Cause = "clock"    // the clocks of the proxy and of Keycloak differ
	Token    Cause = "token"    // Keycloak refuses a token that it has just issued
	Audience Cause = "audience" // the token does not have the audience of the SCIM API
	SCIM     Cause = "scim-api" // the realm has no SCIM API: Feature or Switch
	Feature  Cause = "feature"  // the server runs without its SCIM API
	Switch   Cause = "switch"   // the realm's SCIM API is switched off
	Role     Cause = "role"     // the account may not manage users
	Group    Cause = "group"    // the account of a group tenant cannot work in its group
	// Organization: the account of a group tenant cannot make users members of its organization.
	Organization Cause = "organization"
	// Address: the realm of a group tenant uses the e-mail address as userName.
	Address Cause = "email-as-username"
	// Shared: too many users of a group tenant are in groups that other accounts manage.
	Shared  Cause = "shared"
	Excess  Cause = "excess"  // the account may do more than its tenant needs
	Profile Cause = "profile" // the user profile requires what no SCIM attribute sets
	// Annotations: an attribute of the user profile has none, so Keycloak cannot show a user.
	Annotations Cause = "annotations"
	// Attributes: attributes that a tenant requires live elsewhere than they did when they were
	// verified.
	Attributes Cause = "attributes"
)

// Place is where an account works.
type Place struct{ URL, Realm, Client, Audience string }

// Fault is a cause that stays until a person removes it.
type Fault struct {
	Cause Cause
	At    Place
	// Said is what Keycloak or the network said, for the log.
	Said string
}

// New is the error of a fault.
func New(c Cause, at Place, said string) error { return (&Fault{c, at, said}).Answer() }

// NoRealm answers a drop-in caller in whose realm there is nothing to ask.
func NoRealm(cause error) error {
	return &scim.Error{Status: 404, Detail: "there is no such realm, or its SCIM API is not enabled", Cause: cause}
}

// In is the fault in an error.
func In(err error) (*Fault, bool) { return errors.AsType[*Fault](err) }

// text of a cause. Names in braces are replaced by those of the place.
type text struct {
	wrong, remedy string
	// public is what a provider reads instead: no names, no addresses.
	public, who string
}

const (
	operator      = "The operator of the service"
	administrator = "An administrator of Keycloak"
)

var texts = map[Cause]text{
	URL: {
		"no Keycloak answers at {url}",
		"set keycloak.url to its scheme, host, port and path, without /realms; keycloak.caFile names a private CA",
		"the address of Keycloak is wrong", operator,
	},
	Realm: {
		`realm "{realm}" does not exist at {url}, or is disabled`,
		"correct realm in the tenant's file, or create or enable the realm in Keycloak",
		"its realm does not exist in Keycloak, or is disabled", operator,
	},
	Client: {
		`client "{client}" of realm "{realm}" does not exist, is disabled, or may not get tokens for its service account`,
		"correct serviceAccount.clientID in the tenant's file, or set the client up as docs/accounts.md says",
		"its client in Keycloak does not exist, or may not get tokens", operator,
	},
	Secret: {
		`the secret of client "{client}" of realm "{realm}" is refused, or cannot be read`,
		"copy the secret from the tab Credentials of the client in Keycloak to the file or variable that serviceAccount names",
		"its client secret is wrong", operator,
	},
	Key: {
		`the signature of client "{client}" of realm "{realm}" is refused, or its private key cannot be read`,
		"give the client in Keycloak the authenticator Signed JWT (client-jwt) and the public key of the file that serviceAccount.keyFile names, with the same key id and algorithm (docs/accounts.md)",
		"its client key is wrong", operator,
	},
	Clock: {
		`the clock of the proxy and that of the Keycloak at {url} differ by more than half a minute, so signatures of client "{client}" of realm "{realm}" are refused`,
		"set the clocks of both machines by NTP",
		"its clock differs from that of Keycloak", operator,
	},
	Token: {
		`Keycloak refuses a token that it has just issued to client "{client}" of realm "{realm}"`,
		"start Keycloak with a fixed --hostname, so that the issuer is the same at every address, and look into its log",
		"Keycloak refuses the tokens that it issues to it", administrator,
	},
	Audience: {
		`tokens of client "{client}" of realm "{realm}" do not have the audience {audience}`,
		"add a mapper of the type Audience to the client, with {audience} as Included Custom Audience (docs/accounts.md)",
		"its tokens do not have the audience of Keycloak's SCIM API", administrator,
	},
	SCIM: {
		`realm "{realm}" has no SCIM API`,
		"switch it on in the realm (scimApiEnabled; Realm settings, General); if that has no effect, start Keycloak with --features=scim-api",
		"the SCIM API of Keycloak is switched off", administrator,
	},
	Feature: {
		"Keycloak runs without its SCIM API",
		"start Keycloak with --features=scim-api, then switch the SCIM API of the realm on (scimApiEnabled)",
		"the SCIM API of Keycloak is switched off", administrator,
	},
	Switch: {
		`the SCIM API of realm "{realm}" is switched off`,
		"switch it on in the realm (scimApiEnabled; Realm settings, General)",
		"the SCIM API of Keycloak is switched off", administrator,
	},
	Role: {
		`the service account of client "{client}" of realm "{realm}" may not manage users`,
		"give it the role manage-users of realm-management; if the client's full scope is off, add the role to its scope too (docs/accounts.md)",
		"its account in Keycloak lacks a role", administrator,
	},
	Group: {
		`the service account of client "{client}" of realm "{realm}" cannot work in the group of its tenant`,
		"correct group in the tenant's file, or give the account its roles and its fine-grained permissions on the group and the pool again (docs/accounts.md); never give it manage-users",
		"its account in Keycloak cannot work in its group", administrator,
	},
	Organization: {
		`the service account of client "{client}" of realm "{realm}" cannot make users members of the organization of its tenant`,
		"correct organization in the tenant's file (the id of the organization), enable organizations in the realm, or give the account the permissions view and manage on the organization again (docs/accounts.md)",
		"its account in Keycloak cannot manage its organization", administrator,
	},
	Address: {
		`realm "{realm}" uses the e-mail address as userName, which a tenant of a group can only serve if both are the same`,
		`switch "Email as username" off in the realm (Realm settings, Login), or let the identity provider send the address as userName`,
		"its realm in Keycloak uses the e-mail address as userName, and the request has another userName", administrator,
	},
	Shared: {
		`too many users of the tenant of client "{client}" of realm "{realm}" are also users of other tenants`,
		"take each of them out of the groups of all tenants but one (tenant check names them): until then, no tenant reaches them, and users cannot be listed",
		"users in Keycloak belong to several customers", administrator,
	},
	Excess: {
		`the service account of client "{client}" of realm "{realm}" may do more than its tenant needs`,
		"take the roles and permissions that allow it away, from the account and from the policies that name it (docs/accounts.md): until then, the tenant is not served",
		"its account in Keycloak may do more than it needs", administrator,
	},
	Profile: {
		`the user profile of realm "{realm}" requires attributes that no SCIM attribute sets`,
		"make them optional, or give each the annotation kc.scim.schema.attribute with the SCIM attribute that sets it",
		"the user profile in Keycloak requires attributes that cannot be sent", administrator,
	},
	Annotations: {
		`Keycloak answers 500 for users of realm "{realm}", because attributes of its user profile have no annotations`,
		"give each of them any annotation, such as kc.scim.schema.attribute with the SCIM attribute that sets it",
		"Keycloak cannot show users because of its user profile", administrator,
	},
	Attributes: {
		`attributes that the tenant of client "{client}" requires are no longer where they were verified`,
		`mend the user profile of realm "{realm}" (the annotation kc.scim.schema.attribute and the permissions of the attributes) or, if the new place is intended, accept it (scim-proxy tenant canary --accept)`,
		"attributes that it requires are no longer where they were verified", administrator,
	},
}

// Error is the text for the log: cause, what is wrong, what to do, and what Keycloak said.
func (f *Fault) Error() string {
	s := string(f.Cause) + ": " + f.Wrong() + ": " + f.Remedy()
	if f.Said != "" {
		s += " (" + f.Said + ")"
	}
	return s
}

// Wrong says what is wrong, with the names of the place.
func (f *Fault) Wrong() string { return f.fill(texts[f.Cause].wrong) }

// Remedy says what to do, with the names of the place.
func (f *Fault) Remedy() string { return f.fill(texts[f.Cause].remedy) }

func (f *Fault) fill(s string) string {
	return strings.NewReplacer(
		"{url}", f.At.URL, "{realm}", f.At.Realm, "{client}", f.At.Client,
		"{audience}", cmp.Or(f.At.Audience, "<issuer of the realm>/scim/v2"),
	).Replace(s)
}

// Answer is what the caller gets. The status is 500, the only one of RFC 7644 (section 3.12) that
// blames the server and does not promise that waiting helps. There is no Retry-After. Statuses such
// as 401, 403 and 404 would blame the caller's credential or the resource: Entra stops a whole
// provisioning job for them.
func (f *Fault) Answer() error {
	t := texts[f.Cause]
	return &scim.Error{
		Status: 500, Cause: f,
		Detail: "This SCIM service is not set up correctly: " + t.public + ". " + t.who + " must act; until then, repeating the request does not help.",
	}
}
