// Package oauth lets a tenant accept access tokens that its Keycloak realm issued to named clients.
//
// Such a token is good at one tenant: its audience is the tenant's URL, its scope is scim, and its
// client is one that the tenant names (RFC 6749 section 4.4, RFC 8707). It is never sent to
// Keycloak, where it is worth nothing; the tenant's own account acts. Callers find the
// authorization server by the metadata of the tenant (RFC 9728).
//
// It does not know the layers, the HTTP side or the configuration.
package oauth
