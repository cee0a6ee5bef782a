// Package keycloak makes Keycloak look like a standard directory.
//
// It owns the wire to Keycloak: the transport with its bounds, credentials, what is known of a realm (Facts), and Realm, the Directory over
// the native SCIM API. Everything odd that Keycloak does ends here. What another release or a measurement showed is cited where it
// is mended; docs/keycloak.md lists the measurements.
//
// It must not know the store, dialects, HTTP towards the caller, or any other room. Facts never leave it: Able does.
//
// Failure story. Every call has a deadline, a bounded body and a place among a bounded number of calls in flight. Keycloak unreachable is
// 503, too slow is 504, an answer that makes no sense is 502. A create that was acknowledged by Keycloak but could not be read back is
// an error: the user exists then, and the pending record of the room above makes the retry finish it. An update is one native PATCH,
// which Keycloak applies whole or not at all. Membership changes of more than one chunk are rolled forward, else back: see members.go.
package keycloak
