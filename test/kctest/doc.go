// Package kctest gives tests a real Keycloak, fresh realms in it, and a plain way to talk to it
// without the proxy.
//
// The server is the one that KEYCLOAK_URL, KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD name.
// Without them, the test process starts one. A test that kills its server starts its own with
// Own, and creates a realm there with On. The command keycloak starts the servers; they end with
// the test process.
package kctest
