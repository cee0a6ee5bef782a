package profile

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const listed = `{"attributes":[{"name":"username"},{"name":"floors","multivalued":true,"validations":{"multivalued":{"max":"2"},"length":{"max":3}},
"annotations":{"kc.scim.schema.attribute":"urn:x:floors"},"permissions":{"edit":["admin"]}},
{"name":"center","multivalued":true,"annotations":{"kc.scim.schema.attribute":"title"},"permissions":{"edit":["admin"]}}]}`

// The values that are sent for a list depend on the form that Keycloak shows now: a text (26.7.3)
// or a list (26.8).
func TestListsOfTheProfile(t *testing.T) {
	p, err := Parse([]byte(listed))
	if err != nil {
		t.Fatal(err)
	}
	floors := scim.MustPath("urn:x:floors")
	if got := p.Capabilities().Placement(scim.User, floors); got != directory.PrimaryOnly {
		t.Errorf("a list is placed %d", got)
	}
	if got := p.Capabilities().Placement(scim.User, scim.MustPath("title")); got != directory.Normalised {
		t.Errorf("an attribute that the RFC defines as single is placed %d", got)
	}
	for _, row := range []struct{ shown, wanted, sent string }{
		{``, `["1"]`, `["1"]`},
		{``, `"1"`, `["1"]`},
		{`"1"`, `["1"]`, ``},
		{`"1"`, `["1","2"]`, ``}, // the first is all that can be shown
		{`"1"`, `["2","1"]`, `["2","1"]`},
		{`["1"]`, `"1"`, ``},
		{`["1"]`, `["1","2"]`, `["1","2"]`},
		{`["1","2"]`, `["1","2"]`, ``},
		{`["1","2"]`, `[]`, `remove`},
		{`"1"`, ``, `remove`},
		{`"1"`, `["1","2","3"]`, ``}, // what is not sent is not checked, as it may be older than the rule
		{`["1"]`, `["1","2","3"]`, `400`},
		{``, `["long"]`, `400`},
		{``, `[5]`, `400`},
	} {
		user := document.Must(`{"userName":"ada"}`)
		ops, err := p.Patch(scim.User, user.Set(floors, row.shown), user.Set(floors, row.wanted))
		got := ""
		switch {
		case err != nil:
			got = "400"
		case len(ops) == 1 && ops[0].Op == "remove":
			got = "remove"
		case len(ops) == 1:
			got = string(ops[0].Value)
		}
		if got != row.sent {
			t.Errorf("%+v: %v %v", row, ops, err)
		}
	}
	made, err := p.Create(scim.User, document.Must(`{"userName":"ada","urn:x":{"floors":["1","2"]}}`))
	if err != nil || made.Get(floors) != `"1"` {
		t.Errorf("%v, a create sends %s", err, made)
	}
	for shown, want := range map[string]int{`"1"`: 0, `["1"]`: 1, `["1","2"]`: 0} {
		user := document.Must(`{"userName":"ada"}`)
		if ops := p.Longer(scim.User, user.Set(floors, shown), user.Set(floors, `["1","2"]`)); len(ops) != want {
			t.Errorf("behind a create that shows %s: %v", shown, ops)
		}
	}
}
