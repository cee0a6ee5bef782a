package profile_test

import (
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

const department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"

// A profile requires the attributes that 26.7.3 was seen to require, and a message names the
// attribute of SCIM.
func TestRequired(t *testing.T) {
	p, err := profile.Parse([]byte(`{"attributes":[
{"name":"username"},
{"name":"firstName","required":{"roles":["user"]}},
{"name":"lastName","required":{}},
{"name":"email"},
{"name":"dept","required":{"roles":["admin"]},"annotations":{"kc.scim.schema.attribute":"` + department + `"},"permissions":{"edit":["admin"]}},
{"name":"job","required":{"scopes":["profile"]},"annotations":{"kc.scim.schema.attribute":"title"},"permissions":{"edit":["admin"]}},
{"name":"nick","required":{},"defaultValue":"n","annotations":{"kc.scim.schema.attribute":"nickName"},"permissions":{"edit":["admin"]}},
{"name":"cost.code-1","required":{"roles":["user"]},"annotations":{},"permissions":{"edit":["admin","user"]}},
{"name":"phone","required":{},"annotations":{"kc.scim.schema.attribute":"phoneNumbers"},"permissions":{"edit":["admin","user"]}},
{"name":"grade","required":{},"annotations":{},"permissions":{"edit":["admin"]}},
{"name":"desk","required":{"roles":["admin"]},"annotations":{},"permissions":{"edit":["admin","user"]}},
{"name":"site","required":{},"defaultValue":"here","annotations":{},"permissions":{"edit":["admin"]}},
{"name":"plain","permissions":{"edit":["admin"]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var required []string
	for _, path := range p.Capabilities().Required[scim.User] {
		required = append(required, path.String())
	}
	if want := []string{"name.familyName", "name.givenName", department}; !slices.Equal(required, want) {
		t.Errorf("required %q, want %q", required, want)
	}
	if want := []string{"cost.code-1", "phone"}; !slices.Equal(p.Unset(), want) {
		t.Errorf("unset %q, want %q", p.Unset(), want)
	}
	if want := []string{"plain"}; !slices.Equal(p.Bare(), want) {
		t.Errorf("bare %q, want %q", p.Bare(), want)
	}
	for message, want := range map[string][2]string{
		"Please specify lastName.":               {"name.familyName", ""},
		"Bitte Attribut lastName angeben.":       {"name.familyName", ""},
		"firstName contains invalid character.":  {"name.givenName", ""},
		"Invalid email address.":                 {"emails", ""},
		"username is required":                   {"userName", ""},
		"The field username is read only.":       {"userName", ""},
		"Please specify dept.":                   {department, ""},
		"Please specify cost.code-1.":            {"", "cost.code-1"},
		"Please specify phone.":                  {"", "phone"},
		"Please specify grade.":                  {"", "grade"},
		"Please specify costcode.":               {"", ""},
		"emailExistsMessage":                     {"", ""},
		"firstName and lastName must not differ": {"", ""},
		"":                                       {"", ""},
	} {
		path, unset := p.Concerns(message)
		if path.String() != want[0] || unset != want[1] {
			t.Errorf("%q: %q %q, want %q", message, path, unset, want)
		}
	}
	if path, _ := profile.Stock().Concerns("Please specify lastName."); path.String() != "name.familyName" {
		t.Errorf("the stock profile does not know lastName: %q", path)
	}
	if stock := profile.Stock(); len(stock.Bare()) > 0 || len(stock.Unset()) > 0 {
		t.Errorf("%v %v", stock.Bare(), stock.Unset())
	}
}
