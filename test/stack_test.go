package test

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
	"keycloak-scim-proxy/test/kctest"
)

// TestStackContract runs the contract through HTTP: door, dialect, rooms, store, Keycloak.
func TestStackContract(t *testing.T) {
	kctest.Server(t)
	scimtest.Run(t, func(t *testing.T) scim.Directory {
		w := newWorld(t)
		able := scimtest.KeycloakAble()
		able.FilterLimits = scim.FilterLimits{} // listing decides what Keycloak does not accept
		return scimtest.ServiceDirectory{Service: client{w.base(), w.tenantToken}, Holds: able}
	})
}
