// Package onboarding creates, checks, proves and removes a tenant's service account in Keycloak.
//
// It works with an administrator's credentials and is never part of serving a request. It uses
// gocloak for clients, roles and protocol mappers, and gocloak's HTTP client for what gocloak has
// no types for (scimApiEnabled, unknown members of a client). It edits a realm's user profile by
// path, so that unknown members stay byte for byte.
//
// A role is granted only to a client that the same call has created. A client that existed before
// is either as this package creates it, or it is refused and not changed. Otherwise a user who may
// create clients in a realm could prepare one, and an administrator would give it manage-users.
//
// It does not know the layers, the store or the HTTP side. Every step reads before it changes, so
// that running it again changes nothing.
package onboarding
