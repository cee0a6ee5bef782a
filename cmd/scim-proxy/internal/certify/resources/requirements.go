package resources

import "keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"

const (
	must   = probe.Must
	should = probe.Should
	core   = probe.Core
)

// Requirements are those of this package.
var Requirements = []probe.Requirement{
	{ID: "create.user", Profile: core, Level: must, Clause: "RFC 7644 section 3.3", Text: "a create is 201 with the resource: id, schemas and what was sent", Check: createUser},
	{ID: "create.meta", Profile: core, Level: must, Clause: "RFC 7643 section 3.1", Text: "meta of a new user has resourceType User, and created and lastModified as times", Check: createMeta},
	{ID: "create.location", Profile: core, Level: must, Clause: "RFC 7644 section 3.3", Text: "a create has the header Location, which equals meta.location", Check: createLocation},
	{ID: "create.location-works", Profile: core, Level: must, Clause: "RFC 7644 sections 3.3 and 3.4.1", Text: "the path of Location below the base URL shows the resource", Check: createLocationWorks},
	{ID: "create.truth", Profile: core, Level: must, Clause: "RFC 7644 section 3.3", Text: "the answer to a create shows the same values as a GET after it", Check: createTruth},
	{ID: "create.active", Profile: core, Level: must, Clause: "RFC 7643 section 4.1.1", Text: "a user who is created as active is active, and one as not active is not", Check: createActive},
	{ID: "create.read-only", Profile: core, Level: must, Clause: "RFC 7644 section 3.3", Text: "id and meta in a create are ignored", Check: createReadOnly},
	{ID: "create.uniqueness", Profile: core, Level: must, Clause: "RFC 7644 sections 3.3 and 3.12", Text: "a second create with the same userName is 409 with scimType uniqueness", Check: createUniqueness},
	{ID: "create.uniqueness-case", Profile: core, Level: must, Clause: "RFC 7643 section 4.1.1", Text: "a create with the same userName in other letter case is 409", Check: createUniquenessCase},
	{ID: "create.required", Profile: core, Level: must, Clause: "RFC 7643 sections 4.1.1 and 7, RFC 7644 section 3.12", Text: "a create without userName is 400", Check: createRequired},
	{ID: "create.type", Profile: core, Level: must, Clause: "RFC 7643 section 2.3, RFC 7644 section 3.12", Text: "a list in place of a text is 400", Check: createType},
	{ID: "create.syntax", Profile: core, Level: must, Clause: "RFC 7644 section 3.12", Text: "a body that is not JSON is 400 with scimType invalidSyntax", Check: createSyntax},
	{ID: "create.group", Profile: core, Level: must, Clause: "RFC 7644 section 3.3, RFC 7643 section 4.2", Text: "a group with a member can be created, and a GET shows the member", Check: createGroup},
	{ID: "create.empty-group", Profile: core, Level: must, Clause: "RFC 7643 section 4.2", Text: "a group without members can be created", Check: createEmptyGroup},
	{ID: "get.user", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.1", Text: "a GET shows the attributes of a user", Check: getUser},
	{ID: "get.missing", Profile: core, Level: must, Clause: "RFC 7644 sections 3.4.1 and 3.12", Text: "a GET of an unknown id is 404 with a SCIM error", Check: getMissing},
	{ID: "get.password", Profile: core, Level: must, Clause: "RFC 7643 sections 4.1.1 and 7", Text: "no answer shows a password", Check: getPassword},
	{ID: "get.groups", Profile: core, Level: must, Clause: "RFC 7643 sections 4.1.2 and 4.2", Text: "a user shows its groups if the schemas of the server have groups", Check: getGroups},
	{ID: "projection.attributes", Profile: core, Level: must, Clause: "RFC 7644 section 3.9", Text: "attributes limits the answer to those attributes and id", Check: projectionAttributes},
	{ID: "projection.sub", Profile: core, Level: must, Clause: "RFC 7644 sections 3.9 and 3.10", Text: "attributes with name.familyName shows this part of name only", Check: projectionSub},
	{ID: "projection.excluded", Profile: core, Level: must, Clause: "RFC 7644 section 3.9", Text: "excludedAttributes removes these attributes, but never id", Check: projectionExcluded},
	{ID: "projection.members", Profile: core, Level: must, Clause: "RFC 7644 section 3.9", Text: "excludedAttributes=members removes the members of a group", Check: projectionMembers},
	{ID: "projection.write", Profile: core, Level: must, Clause: "RFC 7644 section 3.9", Text: "attributes also limits the answer to a create", Check: projectionWrite},
	{ID: "put.replaces", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.1", Text: "a PUT is 200 and replaces values, and a GET shows them", Check: putReplaces},
	{ID: "put.lists", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.1", Text: "a PUT replaces a list as a whole", Check: putLists},
	{ID: "put.read-only", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.1", Text: "a PUT ignores readOnly attributes: id and meta stay", Check: putReadOnly},
	{ID: "put.truth", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.1", Text: "the answer to a PUT shows the same values as a GET after it", Check: putTruth},
	{ID: "put.members", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.1", Text: "a PUT of a group replaces its members", Check: putMembers},
	{ID: "put.missing", Profile: core, Level: must, Clause: "RFC 7644 sections 3.5.1 and 3.12", Text: "a PUT of an unknown id is 404, and makes nothing", Check: putMissing},
	{ID: "put.uniqueness", Profile: core, Level: must, Clause: "RFC 7644 section 3.12", Text: "a PUT with the userName of another user is 409", Check: putUniqueness},
	{ID: "delete.gone", Profile: core, Level: must, Clause: "RFC 7644 section 3.6", Text: "a DELETE is 204, and a GET is 404 after it", Check: deleteGone},
	{ID: "delete.again", Profile: core, Level: must, Clause: "RFC 7644 section 3.6", Text: "a second DELETE is 404", Check: deleteAgain},
	{ID: "delete.unlisted", Profile: core, Level: must, Clause: "RFC 7644 section 3.6", Text: "a query does not find a deleted user", Check: deleteUnlisted},
	{ID: "delete.name", Profile: core, Level: must, Clause: "RFC 7644 section 3.6", Text: "the userName of a deleted user is free again", Check: deleteName},
	{ID: "delete.member", Profile: core, Level: should, Clause: "RFC 7643 section 4.2", Text: "a deleted user is not a member of groups any more", Check: deleteMember},
	{ID: "etag.header", Profile: core, Level: must, Clause: "RFC 7644 section 3.14", Text: "if etag is advertised, a GET has the header ETag, which equals meta.version", Check: etagHeader},
	{ID: "etag.none-match", Profile: core, Level: must, Clause: "RFC 7644 section 3.14", Text: "if etag is advertised, a GET with If-None-Match of the version is 304", Check: etagNoneMatch},
	{ID: "etag.match", Profile: core, Level: must, Clause: "RFC 7644 section 3.14", Text: "if etag is advertised, a PATCH with an old version in If-Match is 412 and changes nothing, and with the current one it is done", Check: etagMatch},
}
