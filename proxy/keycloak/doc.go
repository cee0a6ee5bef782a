// Package keycloak makes Keycloak look like a standard directory.
//
// It owns the wire to Keycloak (a bounded transport), credentials, and Realm, the Directory over
// the native SCIM API. Package profile, below it, decides by the realm's user profile what Keycloak
// holds of a resource. Everything odd that Keycloak does ends in these two packages: each oddity is
// cited where it is mended, and docs/keycloak.md lists the measurements.
//
// It must not know the store, dialects, HTTP towards the caller, or any other room. The user
// profile stays below it: other rooms see what it makes possible as directory.Capabilities.
//
// Failures. Every call has a deadline, a bounded body and a place among a bounded number of calls
// in flight. If Keycloak is unreachable the error is 503, if it is too slow 504, and if its answer
// makes no sense 502. What waiting cannot mend is 500, with its fault: see package fault. A create
// that Keycloak acknowledged but that could not be read back is an error: the user exists then, and
// the pending record of the room above lets the retry finish it.
// An update is one native PATCH, which Keycloak applies whole or not at all. A membership change of
// more than one chunk is rolled forward, or else back: see members.go.
package keycloak
