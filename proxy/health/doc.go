// Package health finds out whether tenants work, and answers /readyz.
//
// A diagnosis asks Keycloak, with the tenant's own account, for everything that the tenant needs:
// token, audience, feature, switch, role and user profile, and whether its account may do more than
// that. A lack or an excess is a fault with a remedy (package keycloak/fault). It changes
// nothing in Keycloak.
//
// A Monitor makes the diagnosis of every tenant once after the start, in the background. After that
// it asks again for tenants that do not work, once a minute, for a tenant of which a request
// reports a fault, and for tenants that work, once an hour.
//
// It knows neither layers nor the door, and is silent: it passes each change to a function.
package health
