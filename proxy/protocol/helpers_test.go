package protocol_test

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

const (
	enterprise = scim.EnterpriseURN
	foreign    = scimtest.Foreign
)

// names parses a list of attributes, separated by spaces.
func names(text string) []scim.AttrPath {
	var out []scim.AttrPath
	for s := range strings.FieldsSeq(text) {
		out = append(out, scim.MustPath(s))
	}
	return out
}
