// Package observe keeps one record per request and makes one log line, and metrics, of it.
//
// The record travels in the context; only decorators and the transport to Keycloak touch it. Rooms are silent. It never sees a body, a
// token or a secret, so none can be logged.
package observe
