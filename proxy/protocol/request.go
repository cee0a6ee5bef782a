package protocol

import (
	"net/url"

	"keycloak-scim-proxy/proxy/scim"
)

// Request is one SCIM request as an identity provider wrote it. The body is valid JSON within the limits; nothing else was checked.
// The door makes one per request and bulk one per operation. A rule may change anything, the method too.
type Request struct {
	Method     string
	Type       scim.ResourceType
	ID         string // "" for the endpoint itself; Search for a POSTed query
	Query      url.Values
	Body       []byte
	Projection Projection
	// IfMatch and IfNoneMatch are the preconditions, as in the headers.
	IfMatch, IfNoneMatch string
}

// Search is the id under which a query is POSTed (RFC 7644 section 3.4.3).
const Search = ".search"
