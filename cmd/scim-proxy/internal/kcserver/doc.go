// Package kcserver fetches, builds, starts and stops a real Keycloak on this machine, for the demo and,
// through its command keycloak, for tests.
//
// Maven fetches the distribution, from where its settings say. It is unpacked and built once, in the
// user's cache directory. Every server has its own data directory and free ports, so several run beside
// each other. If KEYCLOAK_URL is set, that server is used and nothing is started.
package kcserver
