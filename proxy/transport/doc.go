// Package transport makes connections as configured: the HTTP transport to Keycloak, and the TLS
// configurations of clients and of the proxy's own server.
package transport
