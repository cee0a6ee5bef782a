// Package admission decides whether the bearer of a Keycloak access token may use the proxy, before
// anything else is done for the request.
//
// It verifies the token with the realm's public keys, so that forged tokens cost Keycloak next to
// nothing. Then it asks Keycloak whether the bearer may use the SCIM API at all: the discovery of
// Keycloak's SCIM API answers 403 to a bearer without an administrator's role (measured). It keeps
// the answer for Age.
//
// It does not know the layers or the HTTP side.
package admission
