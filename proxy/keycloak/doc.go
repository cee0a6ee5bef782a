// Package keycloak makes Keycloak look like a standard directory.
//
// It has the client for Keycloak, credentials, and Realm, the Directory over the native SCIM API.
// Package profile decides by the realm's user profile which attributes Keycloak stores. These two
// packages handle everything in which Keycloak differs from the standard: the code cites each
// difference, and docs/keycloak.md lists the measurements.
//
// It does not know the store, dialects, HTTP towards the caller, or other layers. Other layers see
// the user profile only as directory.Capabilities.
//
// Failures. Every call has a deadline, and its answer a bounded size; the number of concurrent
// calls is bounded. The error is 503 if Keycloak is unreachable, 504 if it is too slow, and 502 if
// its answer cannot be read. A cause that only a person can remove is 500: see package fault. A
// create that Keycloak acknowledged but that could not be read back is an error although the user
// exists; the pending record of the layer above lets a retry finish it. An update is one native
// PATCH, which Keycloak applies whole or not at all. If a membership change of more than one chunk
// fails, it is completed or undone: see package membership.
package keycloak
