// Package probe is what the checks of `scim-proxy certify` share: the form of a requirement, and a
// session with a SCIM server that sends requests, compares answers and removes what it made.
//
// A check is a function that returns nil (the server meets the requirement), a *Failure, or Skip.
// It must not know the proxy: it works with any SCIM server.
package probe
