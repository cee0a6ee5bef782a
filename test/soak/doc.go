// Package soak tests that nothing is lost while parts fail for a long time. Two proxies share a
// Redis and a Keycloak. Clients that act as identity providers send mixed requests for three
// tenants, and know what each user and group must be: the model. Meanwhile Keycloak, Redis and one
// of the proxies are restarted and killed in turn. At the end every tenant's directory must be the
// model, through each proxy and in Keycloak itself.
//
// The other proxy runs all the time, and its memory and goroutines must stay level.
package soak
