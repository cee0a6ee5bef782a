// Package grant has the client credentials grant (RFC 6749 section 4.4): how a client proves to the
// token endpoint who it is, by a secret or by a signed assertion (RFC 7523), and what a refusal of
// the endpoint means.
//
// Secrets and keys are read for each request, so that they can be replaced while the proxy runs.
// It sends no requests, and remembers only the issuer of the realm, for IssuerAge.
package grant
