package discover

import "keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"

const (
	must   = probe.Must
	should = probe.Should
	core   = probe.Core
)

// Requirements are those of this package.
var Requirements = []probe.Requirement{
	{ID: "config.get", Profile: core, Level: must, Clause: "RFC 7644 section 4", Text: "GET /ServiceProviderConfig is 200 with the ServiceProviderConfig schema", Check: configGet},
	{ID: "config.complete", Profile: core, Level: must, Clause: "RFC 7643 section 5", Text: "the ServiceProviderConfig has patch, bulk, filter, changePassword, sort and etag, each with supported as a boolean, and authenticationSchemes", Check: configComplete},
	{ID: "config.limits", Profile: core, Level: must, Clause: "RFC 7643 section 5", Text: "bulk has maxOperations and maxPayloadSize, filter has maxResults, as integers", Check: configLimits},
	{ID: "config.pagination", Profile: core, Level: must, Clause: "RFC 9865 section 4", Text: "if the ServiceProviderConfig has pagination, it has cursor and index as booleans", Check: configPagination},
	{ID: "config.no-filter", Profile: core, Level: should, Clause: "RFC 7644 section 4", Text: "a filter on a discovery endpoint is 403", Check: configNoFilter},
	{ID: "types.list", Profile: core, Level: must, Clause: "RFC 7644 section 4, RFC 7643 section 6", Text: "GET /ResourceTypes is a list whose entries have name, endpoint and schema", Check: typesList},
	{ID: "types.location", Profile: core, Level: should, Clause: "RFC 7643 sections 3.1 and 6", Text: "each resource type has meta.resourceType ResourceType, and a GET of /ResourceTypes/{name} shows it", Check: typesLocation},
	{ID: "types.served", Profile: core, Level: must, Clause: "RFC 7643 section 6", Text: "the endpoint of each resource type answers a query", Check: typesServed},
	{ID: "types.schemas", Profile: core, Level: must, Clause: "RFC 7643 section 6", Text: "/Schemas has each schema and extension that a resource type names", Check: typesSchemas},
	{ID: "schemas.list", Profile: core, Level: must, Clause: "RFC 7644 section 4, RFC 7643 section 7", Text: "GET /Schemas is a list whose entries have id and attributes", Check: schemasList},
	{ID: "schemas.one", Profile: core, Level: must, Clause: "RFC 7644 section 4", Text: "GET /Schemas/{id} shows each schema", Check: schemasOne},
	{ID: "schemas.form", Profile: core, Level: must, Clause: "RFC 7643 section 7", Text: "each attribute has a name and only defined values of type, mutability, returned and uniqueness", Check: schemasForm},
	{ID: "schemas.cover", Profile: core, Level: must, Clause: "RFC 7643 sections 3 and 7", Text: "a user has only attributes that the schemas of the server define", Check: schemasCover},
	{ID: "schemas.case", Profile: core, Level: must, Clause: "RFC 7643 sections 3.1, 4.1.1 and 8.7.1", Text: "the schemas say that userName ignores letter case", Check: schemasCase},
	{ID: "schemas.kept-strings", Profile: core, Level: must, Clause: "RFC 7643 sections 2.2 and 7, RFC 7644 section 3.3", Text: "each single text of users that the schemas define as readWrite is kept by a create", Check: keptStrings},
	{ID: "schemas.kept-lists", Profile: core, Level: must, Clause: "RFC 7643 sections 2.2, 2.4 and 7, RFC 7644 section 3.3", Text: "two e-mail addresses, and each other typed list that the schemas define as readWrite, are kept by a create", Check: keptLists},
	{ID: "schemas.kept-extension", Profile: core, Level: must, Clause: "RFC 7643 sections 3.3 and 4.3", Text: "the enterprise extension, if a resource type names it, is kept by a create", Check: keptExtension},
	{ID: "http.accept-json", Profile: core, Level: should, Clause: "RFC 7644 section 3.1", Text: "a request that accepts application/json is answered with 200", Check: acceptJSON},
	{ID: "http.content-json", Profile: core, Level: should, Clause: "RFC 7644 section 3.1", Text: "a body of the type application/json is accepted", Check: contentJSON},
	{ID: "http.unknown-path", Profile: core, Level: must, Clause: "RFC 7644 section 3.12", Text: "an endpoint that does not exist is 404", Check: unknownPath},
	{ID: "http.me", Profile: core, Level: should, Clause: "RFC 7644 section 3.11", Text: "/Me is served, redirected, 404, or 501 if it is not supported", Check: me},
	{ID: "auth.required", Profile: core, Level: must, Clause: "RFC 7644 section 2", Text: "a request without a token is 401", Check: authRequired},
	{ID: "auth.challenge", Profile: core, Level: must, Clause: "RFC 7644 section 2", Text: "an answer with 401 names the authentication schemes in WWW-Authenticate", Check: authChallenge},
	{ID: "auth.invalid", Profile: core, Level: must, Clause: "RFC 6750 section 3.1", Text: "a request with a wrong token is 401", Check: authInvalid},
}

// Last are requirements on all answers of a run. Their checks come after all others.
var Last = []probe.Requirement{
	{ID: "http.media-type", Profile: core, Level: must, Clause: "RFC 7644 sections 3.1 and 8.1", Text: "every answer with a body is application/scim+json", Check: mediaType},
	{ID: "http.errors", Profile: core, Level: must, Clause: "RFC 7644 section 3.12", Text: "every error is a SCIM error, with its status as a text", Check: errorForm},
	{ID: "http.no-crash", Profile: core, Level: should, Clause: "RFC 7644 section 3.12", Text: "no request is answered with 500 or more", Check: noCrash},
}
