package profile

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Names of the schemas and of the realm's profile are requested from Keycloak; invented names are
// not.
func TestNames(t *testing.T) {
	mapped, err := Parse([]byte(`{"attributes":[
{"name":"badge","annotations":{"kc.scim.schema.attribute":"urn:example:1:User:badge"},"permissions":{"edit":["admin"]}},
{"name":"seen","annotations":{"kc.scim.schema.attribute":"urn:example:1:User:seen"},"permissions":{"edit":[]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	department := strings.ToLower(scim.EnterpriseURN) + ":department"
	for _, c := range []struct {
		name string
		p    *Profile
		t    scim.ResourceType
		need directory.Fields
		want string
	}{
		{"core", mapped, scim.User, directory.Fields{Only: []string{"id", "title", "emails"}}, "id,title,emails,userName"},
		{"extensions", mapped, scim.User, directory.Fields{Only: []string{department, "urn:example:1:user:badge", "urn:example:1:user:seen"}}, department + ",urn:example:1:user:badge,urn:example:1:user:seen,userName"},
		{"whole extensions", mapped, scim.User, directory.Fields{Only: []string{strings.ToLower(scim.EnterpriseURN), "urn:example:1:user"}}, strings.ToLower(scim.EnterpriseURN) + ",urn:example:1:User:badge,urn:example:1:User:seen,userName"},
		{"made up", mapped, scim.User, directory.Fields{Only: []string{"grace", "urn:example:1:user:hopper", "urn:example:2:user:badge", "urn:example:1", "name,grace"}}, "userName"},
		{"a user's name in a group", mapped, scim.Group, directory.Fields{Only: []string{"title", "urn:example:1:user:badge", "displayname"}}, "displayname,displayName"},
		{"a group's members", mapped, scim.Group, directory.Fields{Only: []string{"grace"}, Members: true}, "displayName,externalId,members"},
		{"made up, no profile", Stock(), scim.User, directory.Fields{Only: []string{"grace"}}, "userName"},
		{"what an unknown profile may have", Stock(), scim.User, directory.Fields{Only: []string{"title", "urn:example:1:user:badge"}}, ""},
	} {
		if got := strings.Join(c.p.Names(c.t, c.need), ","); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
