// Package proxytest runs a proxy in tests, in the test process or as a program. It mints tokens,
// and it holds, changes and counts requests between the proxy and Keycloak.
package proxytest
