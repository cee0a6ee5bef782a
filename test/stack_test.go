package test

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/shim"
)

// TestStackContract runs the contract through HTTP: endpoint, dialect, layers, store, Keycloak.
func TestStackContract(t *testing.T) { runContract(t) }

func runContract(t *testing.T, rules ...shim.Rule) {
	kctest.Server(t)
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		w := behind(t, rules...)
		if len(rules) > 0 { // then nothing that the profile requires can be removed
			w.realm.Relax()
		}
		able := directorytest.KeycloakCapabilities()
		able.FilterLimits = directory.FilterLimits{} // the layer listing evaluates filters that Keycloak does not accept
		return directorytest.ServiceDirectory{Service: client{w.base(), w.tenantToken}, Holds: able}
	})
}
