// Package onboarding plans, applies and proves a tenant's least-privilege account in Keycloak.
//
// It works with an administrator's credentials and is never part of serving a request. It uses gocloak for what that knows well (clients,
// roles, protocol mappers) and its HTTP client for what it does not (scimApiEnabled).
//
// It must not know rooms, the store or the door. Every step looks before it changes, so that running it again changes nothing.
package onboarding
