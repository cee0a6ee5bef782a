// Package scimhttp is the door: the one way in for HTTP requests, and the one writer of answers,
// errors and locations.
//
// A request below a SCIM base takes this way:
//
//	Handler   the URL is normalised and repaired, then routed by base   (door.go, paths.go)
//	phases    1. Authenticator -> Session                               (exchange.go)
//	          2. endpoint and method                                    (endpoint.go)
//	          3. query, headers and body are read, within the limits    (exchange.go, body.go)
//	          4. Decode and Service.Do, discovery, or a bulk request    (exchange.go, bulk.go)
//	write     status, headers, locations, projection, errors            (answer.go)
//
// All other paths are refused or passed on (elsewhere.go).
//
// It knows neither layers nor Keycloak nor the store nor dialects: what depends on the caller comes
// in the Session.
package scimhttp
