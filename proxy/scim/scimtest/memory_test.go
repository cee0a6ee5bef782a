package scimtest_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

func TestMemory(t *testing.T) {
	scimtest.Run(t, func(*testing.T) scim.Directory { return scimtest.NewMemory(scimtest.KeycloakAble()) })
}
