package profiles

import "keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"

const (
	al1   = probe.IPSIEAL1
	al2   = probe.IPSIEAL2
	ipsie = "IPSIE AL SCIM 00, "
)

// IPSIE are the requirements of the IPSIE profile that neither the RFCs nor the interoperability
// profile have. Those that all levels share have the profile of the first level.
var IPSIE = []probe.Requirement{
	{ID: "ipsie.oauth", Profile: al1, Level: must, Clause: ipsie + "Authentication and Authorization", Text: "every request needs an OAuth 2.0 access token as a bearer token", Check: oauth},
	{ID: "ipsie.scope", Profile: al1, Level: must, Clause: ipsie + "Authentication and Authorization", Text: "the access token has the scope scim and nothing broader", Check: scope},
	{ID: "ipsie.metadata", Profile: al1, Level: must, Clause: ipsie + "Authentication and Authorization", Text: "RFC 8414 metadata of the authorization server has a token_endpoint", Check: metadata},
	{ID: "ipsie.client-jwt", Profile: al1, Level: must, Clause: ipsie + "Authentication and Authorization", Text: "the token endpoint takes client credentials with a signed JWT (RFC 7523 section 2.2)", Outside: "this run has an access token and not the client's key; the draft demands HTTP Basic and forbids the assertion in the body too, which contradict each other"},
	{ID: "ipsie.token-life", Profile: al1, Level: must, Clause: ipsie + "Security Considerations", Text: "access tokens expire, and a replayed assertion is refused", Outside: "it would need the client's key and the time until a token expires"},
	{ID: "ipsie.rate", Profile: al1, Level: must, Clause: ipsie + "Performance and Efficiency", Text: "25 requests in one second are all served", Check: rate},
	{ID: "ipsie.rate-limit", Profile: al1, Level: must, Clause: ipsie + "Performance and Efficiency, Security Considerations", Text: "requests above the limit are 429 with Retry-After, on all endpoints", Outside: "a check would have to overload the server"},
	{ID: "ipsie.bulk", Profile: al1, Level: must, Clause: ipsie + "Performance and Efficiency", Text: "/Bulk is supported", Check: bulkSupported},
	{ID: "ipsie.multi-patch", Profile: al1, Level: must, Clause: ipsie + "Performance and Efficiency", Text: "one PATCH changes several attributes", Check: multiPatch},
	{ID: "ipsie.errors", Profile: al1, Level: must, Clause: ipsie + "Security Considerations", Text: "an error is a SCIM error and shows no internals", Check: errorsShort},
	{ID: "ipsie.audit", Profile: al1, Level: must, Clause: ipsie + "Security Considerations", Text: "every create, change and delete is logged", Outside: "logs are not visible to a client"},
	{ID: "ipsie.no-local-changes", Profile: al1, Level: must, Clause: ipsie + "SCIM Interoperability Requirements", Text: "managed users and groups cannot be changed in the application itself", Outside: "other ways to change a user are not visible to a SCIM client"},
	{ID: "al1.active", Profile: al1, Level: must, Clause: ipsie + "Deactivate or Reactivate User", Text: "PATCH of active deactivates a user, who is still found, and reactivates it", Check: reactivate},
	{ID: "al1.sessions", Profile: al1, Level: must, Clause: ipsie + "Deactivate or Reactivate User", Text: "a deactivation ends all sessions, tokens and credentials of the user, within 5 minutes", Outside: "sessions of users are not visible to a SCIM client"},
	{ID: "al1.delete", Profile: al1, Level: must, Clause: ipsie + "Delete User", Text: "after a DELETE, a user with the same userName can be created", Check: recreate},
	{ID: "al1.get", Profile: al1, Level: must, Clause: ipsie + "Get User By ID", Text: "GET /Users/{id} shows a user", Check: getByID},
	{ID: "al1.filter-username", Profile: al1, Level: must, Clause: ipsie + "List Users By Alternate Identifier", Text: "the filter username eq, in this spelling, finds a user", Check: findsUser(`username eq {userName}`)},
	{ID: "al1.filter-external", Profile: al1, Level: must, Clause: ipsie + "List Users By Alternate Identifier", Text: "the filter externalId eq finds a user", Check: findsUser(`externalId eq {externalId}`)},
	{ID: "al1.filter-email", Profile: al1, Level: must, Clause: ipsie + "List Users By Alternate Identifier", Text: "the filter emails[value eq] finds a user", Check: findsUser(`emails[value eq {mail}]`)},
	{ID: "al1.filter-work-email", Profile: al1, Level: must, Clause: ipsie + "List Users By Alternate Identifier", Text: "the filter emails[type eq \"work\" and value eq] finds a user", Check: findsUser(`emails[type eq "work" and value eq {mail}]`)},
	{ID: "al2.user-schema", Profile: al2, Level: must, Clause: ipsie + "User Provisioning, Schema", Text: "the User schema has userName, displayName and active, and a create keeps displayName", Check: userSchema},
	{ID: "al2.external", Profile: al2, Level: must, Clause: ipsie + "User Provisioning, Schema", Text: "externalId of a user is kept and can be changed", Check: external("/Users")},
	{ID: "al2.no-password", Profile: al2, Level: must, Clause: ipsie + "Passwords and other credentials", Text: "no schema has password or another credential", Check: noPassword},
	{ID: "al2.create", Profile: al2, Level: must, Clause: ipsie + "Create User", Text: "POST /Users creates a user", Check: createsUser},
	{ID: "al2.update", Profile: al2, Level: must, Clause: ipsie + "Update User", Text: "PATCH /Users/{id} changes attributes", Check: multiPatch},
	{ID: "al2.list", Profile: al2, Level: must, Clause: ipsie + "Get All Users", Text: "GET /Users lists users", Check: lists("/Users")},
	{ID: "al2.page", Profile: al2, Level: should, Clause: ipsie + "Get All Users", Text: "a page has at most 1,000 users", Check: pageBound},
	{ID: "al2.cursor", Profile: al2, Level: should, Clause: ipsie + "Get All Users", Text: "cursors (RFC 9865) are supported", Check: cursorSupported},
	{ID: "al2.no-local-accounts", Profile: al2, Level: must, Clause: ipsie + "AL2: User and Group Management", Text: "managed users cannot be created in the application itself", Outside: "other ways to create a user are not visible to a SCIM client"},
	{ID: "al2.roles", Profile: al2, Level: must, Clause: ipsie + "AL2: User and Group Management", Text: "groups can be mapped to roles of the application", Outside: "roles of the application are not visible to a SCIM client"},
	{ID: "al2.group-schema", Profile: al2, Level: must, Clause: ipsie + "Group Provisioning Operations, Schema", Text: "the Group schema has displayName and members", Check: groupSchema},
	{ID: "al2.group-external", Profile: al2, Level: must, Clause: ipsie + "Group Provisioning Operations, Schema", Text: "externalId of a group is kept and can be changed", Check: external("/Groups")},
	{ID: "al2.group-unique", Profile: al2, Level: should, Clause: ipsie + "Group Provisioning Operations, Schema", Text: "a second group with the same displayName is refused", Check: groupUnique},
	{ID: "al2.group-create", Profile: al2, Level: must, Clause: ipsie + "Create Group", Text: "POST /Groups creates a group without members", Check: createsGroup},
	{ID: "al2.group-list", Profile: al2, Level: must, Clause: ipsie + "Get All Groups", Text: "GET /Groups lists groups, with excludedAttributes=members without them", Check: lists("/Groups")},
	{ID: "al2.group-get", Profile: al2, Level: must, Clause: ipsie + "Get Group By ID", Text: "GET /Groups/{id} shows a group", Check: createsGroup},
	{ID: "al2.group-filter-name", Profile: al2, Level: must, Clause: ipsie + "List Groups By Alternate Identifier", Text: "the filter displayName eq finds a group", Check: findsGroup(`displayName eq {displayName}`)},
	{ID: "al2.group-filter-external", Profile: al2, Level: must, Clause: ipsie + "List Groups By Alternate Identifier", Text: "the filter externalId eq finds a group", Check: findsGroup(`externalId eq {externalId}`)},
	{ID: "al2.group-filter-member", Profile: al2, Level: must, Clause: ipsie + "List Groups By Alternate Identifier", Text: "the filter members[value eq] finds the groups of a member", Check: findsGroup(`members[value eq {member}]`)},
	{ID: "al2.group-update", Profile: al2, Level: must, Clause: ipsie + "Update Group", Text: "PATCH /Groups/{id} renames a group and changes its members", Check: groupUpdate},
	{ID: "al2.fifty", Profile: al2, Level: must, Clause: ipsie + "Update Group", Text: "one PATCH with 50 add and remove operations on members is done", Check: fifty},
}
