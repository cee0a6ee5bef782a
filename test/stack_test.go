package test

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/test/kctest"
)

// TestStackContract runs the contract through HTTP: door, dialect, rooms, store, Keycloak.
func TestStackContract(t *testing.T) {
	kctest.Server(t)
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		w := newWorld(t)
		able := directorytest.KeycloakCapabilities()
		able.FilterLimits = directory.FilterLimits{} // listing decides what Keycloak does not accept
		return directorytest.ServiceDirectory{Service: client{w.base(), w.tenantToken}, Holds: able}
	})
}
