// Package kcserver fetches, builds, starts and stops a real Keycloak on this machine, for the
// demo and, through its command keycloak, for tests.
//
// Maven fetches the distribution, from the repository in its settings. It is unpacked and built
// once, in the user's cache directory. Every server has its own data directory and free ports, so
// several can run at the same time. If KEYCLOAK_URL is set, Start uses that server and starts
// nothing.
//
// It must not know the proxy.
package kcserver
