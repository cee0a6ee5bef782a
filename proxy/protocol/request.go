package protocol

import (
	"net/url"

	"keycloak-scim-proxy/proxy/scim"
)

// Request is a SCIM request as an identity provider sent it. The body is valid JSON within the size
// limits; nothing else is checked yet. Package scimhttp makes one per request and package bulk one
// per operation. A rule may change every field.
type Request struct {
	Method     string
	Type       scim.ResourceType
	ID         string // "" for the endpoint; Search for a POSTed query
	Query      url.Values
	Body       []byte
	Projection Projection
	// IfMatch and IfNoneMatch are the preconditions, as in the headers.
	IfMatch, IfNoneMatch string
}

// Search is the id in the path of a POSTed query (RFC 7644 section 3.4.3).
const Search = ".search"
