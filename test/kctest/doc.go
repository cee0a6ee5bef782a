// Package kctest gives tests a real Keycloak, fresh realms in it, and a plain way to talk to it without
// the proxy.
//
// The server is the one that KEYCLOAK_URL, KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD name, or one for
// this test process. A test that kills its server starts one of its own with Own and makes its realm
// there with On. Servers are started by the command keycloak, and end with the test process.
package kctest
