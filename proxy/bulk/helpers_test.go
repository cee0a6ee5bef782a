package bulk_test

import (
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

const (
	enterprise = scim.EnterpriseURN
	foreign    = scimtest.Foreign
)
