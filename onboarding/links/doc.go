// Package links finds accounts of an identity provider that are linked to two users of a realm.
// Keycloak allows that, and then lets neither user in (measured).
package links
