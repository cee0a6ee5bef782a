package profile

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const badge = "urn:example:1:User:badge"

// mapping is a profile with attributes of all kinds that Keycloak maps or does not map.
const mapping = `{"unmanagedAttributePolicy":"ENABLED","attributes":[
{"name":"username"},{"name":"email"},{"name":"firstName","required":{}},
{"name":"lastName","required":{"roles":["user"]}},
{"name":"ext","annotations":{"kc.scim.schema.attribute":"externalId"},"permissions":{"edit":["admin"]}},
{"name":"job","annotations":{"kc.scim.schema.attribute":"title"},"permissions":{"edit":["admin"]}},
{"name":"badge","validations":{"length":{"max":2}},"required":{"roles":["admin"]},
 "annotations":{"kc.scim.schema.attribute":"` + badge + `","inputType":"text"},"permissions":{"edit":["admin","user"]}},
{"name":"nick","annotations":{"kc.scim.schema.attribute":"nickName"},"permissions":{"edit":["user"]}},
{"name":"phone","annotations":{"kc.scim.schema.attribute":"phoneNumbers"},"permissions":{"edit":["admin"]}},
{"name":"number","annotations":{"kc.scim.schema.attribute":5},"permissions":{"edit":["admin"]}},
{"name":"unknown","annotations":{"kc.scim.schema.attribute":"madeUp"},"permissions":{"edit":["admin"]}},
{"name":"plain","permissions":{"edit":["admin"]}}]}`

func TestParse(t *testing.T) {
	p, err := Parse([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	able := p.Capabilities()
	for path, want := range map[string]struct {
		held   directory.Placement
		filter directory.FilterSupport
	}{
		"userName":       {directory.CaseFolded, directory.Full},
		"emails":         {directory.PrimaryOnly, directory.None},
		"name.givenName": {directory.Normalised, directory.None},
		"externalId":     {directory.Normalised, directory.NoNegation}, // caseExact, as Keycloak compares
		"title":          {directory.Normalised, directory.None},
		badge:            {directory.Normalised, directory.None},
		"nickName":       {directory.ServerMade, directory.None}, // an administrator may not edit it
		"phoneNumbers":   {directory.StoreOnly, directory.None},  // Keycloak drops lists
		"madeUp":         {directory.StoreOnly, directory.None},  // not in the core schema
	} {
		a := scim.MustPath(path)
		if held, filter := able.Placement(scim.User, a), able.Filters[scim.User][a.Key()]; held != want.held || filter != want.filter {
			t.Errorf("%s is held %d and filtered %d, want %d and %d", path, held, filter, want.held, want.filter)
		}
	}
	for path, want := range map[string]bool{"userName": true, "name.givenName": true, "name.familyName": false, badge: true, "title": false} {
		if got := p.needed(scim.User, scim.MustPath(path)); got != want {
			t.Errorf("%s is required: %t", path, got)
		}
	}
	if _, err := p.Create(scim.User, document.Must(`{"userName":"ada"}`).Set(scim.MustPath(badge), `"long"`)); scim.AsError(err).Status != 400 {
		t.Errorf("a value that a validator refuses: %v", err)
	}
	for _, bad := range []string{``, `[]`, `{"attributes":{}}`, `{"attributes":[1]}`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q is read as a profile", bad)
		}
	}
}
