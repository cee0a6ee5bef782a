// Package observe keeps one record per request, and turns it into one log line and metrics.
//
// The record travels in the context. Only decorators and the transport to Keycloak change it; the
// layers do not log. The record has no body, token or secret, so that none can be logged.
package observe
