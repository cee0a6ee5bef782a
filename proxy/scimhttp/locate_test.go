package scimhttp_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scimhttp"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	const base = "https://scim.example.com/scim/v2"
	for _, c := range []struct {
		t        scim.ResourceType
		in, want string
	}{
		{
			scim.User, `{"id":"u1","meta":{"created":"c","location":"http://keycloak/u1"},"groups":[{"value":"g1","$ref":"x"},{"display":"none"},"odd"]}`,
			`{"id":"u1","meta":{"created":"c","location":"` + base + `/Users/u1","resourceType":"User"},"groups":[{"value":"g1","$ref":"` + base + `/Groups/g1"},{"display":"none"},"odd"]}`,
		},
		{
			scim.Group, `{"id":"g1","meta":{},"members":[{"value":"u1"},{"value":"u<2"}]}`,
			`{"id":"g1","meta":{"resourceType":"Group","location":"` + base + `/Groups/g1"},"members":[{"value":"u1","$ref":"` + base + `/Users/u1"},{"value":"u<2","$ref":"` + base + `/Users/u<2"}]}`,
		},
		{scim.User, `{"id":"u1","members":"x"}`, `{"id":"u1","members":"x"}`},
		{scim.User, `{"meta":{}}`, `{"meta":{}}`},
	} {
		doc := document.Must(c.in).Object()
		scimhttp.Locate(doc, c.t, base)
		if got := doc.String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.in, got, c.want)
		}
	}
	if got := protocol.Location(scim.Ref{Type: scim.Group, ID: "7"}, base); got != base+"/Groups/7" {
		t.Error(got)
	}
}
