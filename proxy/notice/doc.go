// Package notice writes what happens beside requests into the log: tenants that work or do not,
// that are reloaded, tokens that expire, and what the proxy finds out about Keycloak and the store.
//
// Requests have their own line (package observe).
package notice
