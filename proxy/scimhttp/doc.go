// Package scimhttp is the HTTP side of the proxy: it reads all requests, and it alone writes
// answers, errors and locations.
//
// A request below a SCIM base is processed in these steps:
//
//	Handler   normalises and repairs the URL, and routes by base        (door.go, paths.go)
//	phases    1. Authenticator returns the Session                      (exchange.go)
//	          2. endpoint and method are checked                        (endpoint.go)
//	          3. query, headers and body are read, within the limits    (exchange.go, body.go)
//	          4. Decode and Service.Do, discovery, or a bulk request    (exchange.go, discovery.go, bulk.go)
//	write     status, headers, locations, projection, errors            (answer.go)
//
// Other paths are refused, or passed on to Keycloak (elsewhere.go).
//
// This package does not know the layers, Keycloak, the store or the dialects: everything that
// depends on the caller is in the Session.
package scimhttp
