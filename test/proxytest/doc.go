// Package proxytest runs a proxy in tests: tokens, the proxy itself, and a Keycloak whose answers can be held, changed and counted.
package proxytest
