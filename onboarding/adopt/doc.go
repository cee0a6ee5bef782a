// Package adopt brings users that a realm has already into a tenant of one group, with an
// administrator's session: the tenant's account cannot see them, and cannot create them again.
//
// Whoever may manage the tenant's users can set their passwords. So administrators are never
// adopted, and neither are users of another tenant: Keycloak would let neither account reach them.
package adopt
