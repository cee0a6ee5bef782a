// Package onboarding makes, checks, proves and removes a tenant's service account in Keycloak.
//
// It works with an administrator's credentials and is never part of serving a request. It uses
// gocloak for what that knows well (clients, roles, protocol mappers) and its HTTP client for what
// it does not know (scimApiEnabled, the members of a client that no type here names). Documents of
// a realm are edited by path, so that members that nothing here knows survive byte for byte.
//
// A role is only ever granted to a client that the same call has made. A client that was there
// before is either as this package makes it, or it is refused and left as it is. Otherwise whoever
// may make clients in a realm could wait for an administrator to give one of them manage-users.
//
// It must not know rooms, the store or the door. Every step looks before it changes, so that
// running it again changes nothing.
package onboarding
