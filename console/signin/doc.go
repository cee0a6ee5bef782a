// Package signin decides who an operator is: by OpenID Connect with a Keycloak realm and one of its
// realm roles, or, on a loopback address only, not at all.
//
//	Gate       who sends a request, for the console          (gate.go)
//	OIDC       sign-in with Keycloak                         (oidc.go, flow.go)
//	sessions   records in the store, by a hash of a cookie   (sessions.go)
//	provider   what the realm publishes, and its tokens      (provider.go, roles.go)
//	Local      no sign-in, on this machine                   (local.go)
//
// # Sessions
//
// A sign-in makes a new session with a random cookie; the store has its SHA-256 only. It ends after
// 30 minutes without a page (Idle), 10 hours after the sign-in (Longest), by signing out, and at
// most 5 minutes (CheckAge) after Keycloak ended the user's session, disabled the user or took the
// role away: then the session's refresh token is refused, or the new token has no role. While
// Keycloak does not answer, a session is used for 15 minutes after its last check.
//
// The cookie is SameSite=Strict. So that a browser sends it after the way back from Keycloak, the
// callback answers with a page that goes on by itself, and not with a redirect. A sign-in that has
// begun is in a sealed cookie for 10 minutes, and needs no memory.
package signin
