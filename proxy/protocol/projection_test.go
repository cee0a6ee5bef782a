package protocol_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestTrim(t *testing.T) {
	t.Parallel()
	const (
		always = `"schemas":["s"],"id":"1"`
		mails  = `"emails":[{"value":"a","type":"work"},{"value":"b","display":"B"}]`
		ent    = `"` + enterprise + `":{"department":"d","manager":{"value":"m","displayName":"n"}}`
		far    = `"` + foreign + `":{"tags":["x","y"],"l":[{"k":1},7,{"v":2}],"o":{"k":{"z":1}}}`
		rest   = `"userName":"u","name":{"givenName":"g","familyName":"f"},` + mails + `,` + ent + `,` + far + `,"meta":{"created":"c"}`
		in     = `{` + always + `,` + rest + `,"groups":[{"value":"g1"}],"password":"p"}`
	)
	for _, c := range []struct{ name, attributes, excluded, want string }{
		{"default", "", "", `{` + always + `,` + rest + `}`},
		{"one", "userName", "", `{` + always + `,"userName":"u"}`},
		{"any case", "USERNAME", "", `{` + always + `,"userName":"u"}`},
		{"by its URN", scim.UserURN + ":userName", "", `{` + always + `,"userName":"u"}`},
		{"only what is always returned", "id", "", `{` + always + `}`},
		{"unknown", "nothing nothing.more", "", `{` + always + `}`},
		{"on request", "groups", "", `{` + always + `,"groups":[{"value":"g1"}]}`},
		{"on request, a part", "groups.value", "", `{` + always + `,"groups":[{"value":"g1"}]}`},
		{"never", "password", "", `{` + always + `}`},
		{"sub-attribute", "name.familyName", "", `{` + always + `,"name":{"familyName":"f"}}`},
		{"sub-attributes", "name.familyName name.givenName", "", `{` + always + `,"name":{"familyName":"f","givenName":"g"}}`},
		{"sub-attribute that is not there", "name.middleName", "", `{` + always + `}`},
		{"sub-attribute of a scalar", "userName.x", "", `{` + always + `}`},
		{"in a list", "emails.value", "", `{` + always + `,"emails":[{"value":"a"},{"value":"b"}]}`},
		{"in some of a list", "emails.type", "", `{` + always + `,"emails":[{"type":"work"}]}`},
		{"two in a list", "emails.display emails.value", "", `{` + always + `,"emails":[{"value":"a"},{"display":"B","value":"b"}]}`},
		{"in none of a list", "emails.primary", "", `{` + always + `}`},
		{"whole and part", "emails.value emails", "", `{` + always + `,` + mails + `}`},
		{"extension", enterprise, "", `{` + always + `,` + ent + `}`},
		{"extension attribute", enterprise + ":department", "", `{` + always + `,"` + enterprise + `":{"department":"d"}}`},
		{"extension sub-attribute", enterprise + ":manager.value", "", `{` + always + `,"` + enterprise + `":{"manager":{"value":"m"}}}`},
		{"extension, nothing of it", enterprise + ":costCenter " + enterprise + ":manager.x", "", `{` + always + `}`},
		{"core name in an extension", "department", "", `{` + always + `}`},
		{"undeclared extension", foreign, "", `{` + always + `,` + far + `}`},
		{"undeclared attribute", foreign + ":tags", "", `{` + always + `,"` + foreign + `":{"tags":["x","y"]}}`},
		{"undeclared, a part of scalars", foreign + ":tags.value", "", `{` + always + `}`},
		{"undeclared, scalars and a part of them", foreign + ":tags " + foreign + ":tags.value", "", `{` + always + `,"` + foreign + `":{"tags":["x","y"]}}`},
		{"undeclared, a part of them and scalars", foreign + ":l.k " + foreign + ":l", "", `{` + always + `,"` + foreign + `":{"l":[{"k":1},7,{"v":2}]}}`},
		{"undeclared, scalars and a part of the objects", foreign + ":l " + foreign + ":l.k", "", `{` + always + `,"` + foreign + `":{"l":[{"k":1},7,{"v":2}]}}`},
		{"undeclared, objects among scalars", foreign + ":l.k " + foreign + ":l.v", "", `{` + always + `,"` + foreign + `":{"l":[{"k":1},{"v":2}]}}`},
		{"two", "userName " + enterprise + ":department", "", `{` + always + `,"userName":"u","` + enterprise + `":{"department":"d"}}`},

		{"without one", "", "emails " + foreign + " " + enterprise + " META", `{` + always + `,"userName":"u","name":{"givenName":"g","familyName":"f"}}`},
		{"without a sub-attribute", "", "name.givenName emails.type " + enterprise + ":manager.displayName " + foreign + " meta", `{` + always + `,"userName":"u","name":{"familyName":"f"},"emails":[{"value":"a"},{"value":"b","display":"B"}],"` + enterprise + `":{"department":"d","manager":{"value":"m"}}}`},
		{"without the last one", "name.givenName", "name.givenName", `{` + always + `}`},
		{"never without what is always returned", "userName", "id schemas", `{` + always + `,"userName":"u"}`},
		{"without what is not there", "userName", "nothing emails.x urn:x:1:User:y", `{` + always + `,"userName":"u"}`},
		{"both", "name emails", "name.givenName emails", `{` + always + `,"name":{"familyName":"f"}}`},
	} {
		doc := document.Must(in).Object()
		protocol.Projection{Attributes: names(c.attributes), Excluded: names(c.excluded)}.Trim(scim.CoreSchemas(), scim.User, doc)
		got := doc.String()
		if err := bounds.JSON([]byte(got), 64); err != nil {
			t.Errorf("%s: %v: %s", c.name, err, got)
		}
		if !document.Same(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestNeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                 string
		t                    scim.ResourceType
		attributes, excluded string
		want                 directory.Fields
	}{
		{"user", scim.User, "", "", directory.Fields{}},
		{"group", scim.Group, "", "", directory.Fields{Members: true}},
		{"group without members", scim.Group, "", "Members", directory.Fields{}},
		{"group with a part of them left out", scim.Group, "", "members.display", directory.Fields{Members: true}},
		{"group, its name only", scim.Group, "displayName", "", directory.Fields{Only: []string{"displayname"}}},
		{"group, members by name", scim.Group, "MEMBERS.value", "", directory.Fields{Only: []string{"members"}, Members: true}},
		{"user, parts", scim.User, "name.givenName " + enterprise + ":manager.value", "emails", directory.Fields{Only: []string{"name", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager"}}},
	} {
		w := protocol.Projection{Attributes: names(c.attributes), Excluded: names(c.excluded)}
		if diff := cmp.Diff(c.want, w.Fields(c.t)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if w.Whole() != (c.attributes == "" && c.excluded == "") {
			t.Errorf("%s: whole is %v", c.name, w.Whole())
		}
	}
}

func TestNeedCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		only, path string
		want       bool
	}{
		{"", "anything", true},
		{"name.givenName", "NAME", true},
		{"name.givenName", "name.familyName", true},
		{"name", "displayName", false},
		{enterprise, enterprise + ":department", true},
		{enterprise + ":manager", enterprise + ":manager.value", true},
		{enterprise + ":manager", enterprise + ":department", false},
		{"manager", enterprise + ":manager", false},
		{foreign, foreign + ":x", true},
	} {
		if got := (protocol.Projection{Attributes: names(c.only)}).Fields(scim.User).Covers(scim.MustPath(c.path)); got != c.want {
			t.Errorf("%q covers %s: %v", c.only, c.path, got)
		}
	}
}

func TestHolding(t *testing.T) {
	t.Parallel()
	a := directory.Capabilities{Placements: map[scim.ResourceType]map[string]directory.Placement{scim.User: {"name": directory.Native, "name.formatted": directory.ServerMade}}}
	for _, c := range []struct {
		t    scim.ResourceType
		path string
		want directory.Placement
	}{
		{scim.User, "NAME", directory.Native},
		{scim.User, "name.givenName", directory.Native},
		{scim.User, "name.Formatted", directory.ServerMade},
		{scim.User, "title", directory.StoreOnly},
		{scim.User, foreign + ":name", directory.StoreOnly},
		{scim.Group, "name", directory.StoreOnly},
	} {
		if got := a.Placement(c.t, scim.MustPath(c.path)); got != c.want {
			t.Errorf("%s %s: %v", c.t, c.path, got)
		}
	}
}
