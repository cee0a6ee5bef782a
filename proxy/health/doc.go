// Package health finds out whether tenants work, and answers /readyz.
//
// A diagnosis asks Keycloak, with the tenant's own account, for everything that the tenant needs:
// token, audience, feature, switch, role and user profile. What is missing is a fault with a remedy
// (package keycloak/fault). It changes nothing in Keycloak.
//
// A Monitor makes the diagnosis of every tenant once after the start, in the background. After that
// it asks again only for tenants that do not work, once a minute, and for a tenant of which a
// request reports a fault. So tenants that work cost Keycloak nothing.
//
// It knows neither layers nor the door, and is silent: it passes each change to a function.
package health
