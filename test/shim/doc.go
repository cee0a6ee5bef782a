// Package shim stands between the proxy and a real Keycloak 26.7.3, and makes it answer as
// Keycloak 26.8 is expected to. No 26.8 could be had: the rules come from Keycloak's public
// issues, pull requests and documentation, and are numbered as in that list (see Rule).
//
// Each rule is a switch of its own, so that the proxy is tested with all of them, with none, and
// with one at a time. The shim looks at requests to the SCIM API only. What it has to know of a
// user, it asks Keycloak for with the administrator's rights; whether the caller may do what it
// asks, Keycloak decides first, by the caller's own token.
package shim
