package scim_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim"
)

func TestRef(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range []scim.Ref{{Type: scim.User, ID: "1"}, {Type: scim.Group, ID: "1"}, {Type: scim.User, ID: "2"}} {
		if seen[r.Key()] {
			t.Errorf("%v has the key of another", r)
		}
		seen[r.Key()] = true
	}
	if scim.User.Endpoint() != "Users" || scim.Group.Endpoint() != "Groups" {
		t.Error("endpoints")
	}
}
