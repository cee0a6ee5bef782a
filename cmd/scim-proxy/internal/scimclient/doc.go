// Package scimclient sends requests to a SCIM server, for the commands that are its clients.
//
// It owns the deadline of an attempt, the bearer token, the bound of an answer's size, the retry of 429
// and 503, and the reading of RFC 7644 errors. Bodies are JSON texts, which the callers read as they
// need. It must not know the proxy: the server may be any.
package scimclient
