// Package transport makes connections as configured: the HTTP transport to Keycloak, the TLS
// configurations of clients and of the proxy's own server, and the proof of who a client of
// Keycloak is.
package transport
