// Package scimclient sends requests to a SCIM server, for the commands that are its clients.
//
// It owns the timeout of an attempt, the bearer token, the maximum size of an answer, the retry
// of 429 and 503, and the reading of SCIM errors (RFC 7644 section 3.12). Callers read and write
// bodies as JSON text. It must not know the proxy: it works with any SCIM server.
package scimclient
