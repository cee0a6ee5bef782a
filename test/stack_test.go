package test

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/test/kctest"
)

// TestStackContract runs the contract of package directory over HTTP, through all layers of the
// proxy.
func TestStackContract(t *testing.T) {
	kctest.Server(t)
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		w := newWorld(t)
		able := directorytest.KeycloakCapabilities()
		able.FilterLimits = directory.FilterLimits{} // the layer listing evaluates filters that Keycloak does not accept
		return directorytest.ServiceDirectory{Service: client{w.base(), w.tenantToken}, Holds: able}
	})
}
