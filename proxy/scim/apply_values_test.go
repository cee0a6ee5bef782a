package scim_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

func TestApplyValues(t *testing.T) {
	t.Parallel()
	applied(t, []step{
		{"one object for a list", `{}`, scim.Add, "emails", work, `{"emails":[` + work + `]}`},
		{"one object replaces the list", two, scim.ReplaceAll, "emails", home, `{"emails":[` + home + `]}`},
		{"add what is there", two, scim.Add, "emails", `[{"value":"w@x","type":"work"}]`, two},
		{"add merges what has the same value and type", two, scim.Add, "emails", `[{"value":"h@x","type":"home","display":"H"}]`, `{"emails":[` + work + `,{"value":"h@x","type":"home","display":"H"}]}`},
		{"the same value of another type is another", `{"emails":[` + work + `]}`, scim.Add, "emails", `{"value":"w@x","type":"home"}`, `{"emails":[` + work + `,{"value":"w@x","type":"home"}]}`},
		{"twice in one request", `{}`, scim.Add, "emails", `[` + home + `,{"type":"home","value":"h@x"}]`, `{"emails":[` + home + `]}`},
		{"order is kept", two, scim.Add, "emails", `[{"value":"z@x"},{"value":"a@x"}]`, `{"emails":[` + work + `,` + home + `,{"value":"z@x"},{"value":"a@x"}]}`},
		{"no value and type to compare", `{"addresses":[{"country":"US"}]}`, scim.Add, "addresses", `[{"country":"US"},{"country":"DE"}]`, `{"addresses":[{"country":"US"},{"country":"DE"}]}`},

		{"selected: add merges", two, scim.Add, `emails[type eq "work"]`, `{"display":"W"}`, `{"emails":[{"type":"work","value":"w@x","display":"W"},` + home + `]}`},
		{"selected: two at once", two, scim.ReplaceAll, `emails[value ew "@x"].display`, `"D"`, `{"emails":[{"type":"work","value":"w@x","display":"D"},{"value":"h@x","type":"home","display":"D"}]}`},
		{"selected: remove a sub-attribute", two, scim.Remove, `emails[type eq "home"].type`, "", `{"emails":[` + work + `,{"value":"h@x"}]}`},
		{"selected: the last sub-attribute takes the value along", `{"emails":[{"value":"x"},` + home + `]}`, scim.Remove, `emails[value eq "x"].value`, "", `{"emails":[` + home + `]}`},
		{"selected: the last value", `{"emails":[` + work + `],"a":1}`, scim.Remove, `emails[type eq "work"]`, "", `{"a":1}`},
		{"selected: not", two, scim.Remove, `emails[not (type eq "work")]`, "", `{"emails":[` + work + `]}`},

		{"add describes", `{}`, scim.Add, `emails[type eq "work"].value`, `"w@x"`, `{"emails":[` + work + `]}`},
		{"add describes beside others", `{"emails":[` + home + `]}`, scim.Add, `emails[type eq "work" and primary eq true].value`, `"w@x"`, `{"emails":[` + home + `,{"type":"work","primary":true,"value":"w@x"}]}`},
		{"add describes a whole value", `{}`, scim.Add, `emails[type eq "work"]`, `{"value":"w@x"}`, `{"emails":[` + work + `]}`},
		{"null describes nothing", `{"emails":[` + home + `]}`, scim.Add, `emails[type eq null].value`, `"w@x"`, `{"emails":[` + home + `,{"value":"w@x"}]}`},

		{"remove of what is not selected", two, scim.Remove, `emails[type eq "fax"]`, "", two},
		{"remove of what is not there", `{"a":1}`, scim.Remove, `emails[type eq "fax"].value`, "", `{"a":1}`},
		{"remove of an attribute that is not there", `{"a":1}`, scim.Remove, "name.givenName", "", `{"a":1}`},

		{"no filter: the only value", `{"emails":[` + work + `]}`, scim.ReplaceAll, "emails.value", `"n@x"`, `{"emails":[{"type":"work","value":"n@x"}]}`},
		{"no filter: no value", `{}`, scim.Add, "emails.value", `"n@x"`, `{"emails":[{"value":"n@x"}]}`},
		{"no filter: remove from all", two, scim.Remove, "emails.type", "", `{"emails":[{"value":"w@x"},{"value":"h@x"}]}`},
		{"no filter: nothing to remove from", `{}`, scim.Remove, "emails.type", "", `{}`},
	})
}

func TestApplyPrimary(t *testing.T) {
	t.Parallel()
	was := `{"emails":[{"value":"a","primary":true},{"value":"b","primary":false},{"value":"c"}]}`
	applied(t, []step{
		{"added", was, scim.Add, "emails", `{"value":"d","primary":true}`, `{"emails":[{"value":"a","primary":false},{"value":"b","primary":false},{"value":"c"},{"value":"d","primary":true}]}`},
		{"set on the selected", was, scim.ReplaceAll, `emails[value eq "b"].primary`, "true", `{"emails":[{"value":"a","primary":false},{"value":"b","primary":true},{"value":"c"}]}`},
		{"merged into one that is there", was, scim.Add, "emails", `[{"value":"c","primary":true}]`, `{"emails":[{"value":"a","primary":false},{"value":"b","primary":false},{"value":"c","primary":true}]}`},
		{"the primary one changes", was, scim.ReplaceAll, `emails[primary eq true].value`, `"z"`, `{"emails":[{"value":"z","primary":true},{"value":"b","primary":false},{"value":"c"}]}`},
		{"another one changes", was, scim.ReplaceAll, `emails[value eq "c"].type`, `"work"`, `{"emails":[{"value":"a","primary":true},{"value":"b","primary":false},{"value":"c","type":"work"}]}`},
		{"set to false", was, scim.ReplaceAll, `emails[value eq "a"].primary`, "false", `{"emails":[{"value":"a","primary":false},{"value":"b","primary":false},{"value":"c"}]}`},
		{"described", was, scim.Add, `emails[value eq "d" and primary eq true].type`, `"work"`, `{"emails":[{"value":"a","primary":false},{"value":"b","primary":false},{"value":"c"},{"value":"d","primary":true,"type":"work"}]}`},
	})
}

func TestApplyRefusals(t *testing.T) {
	t.Parallel()
	const in = `{"id":"1","userName":"u","title":"t","name":{"givenName":"g"},"emails":[` + work + `,` + home + `],"groups":[{"value":"g1"}],"` + foreign + `":{"s":"x","l":["a"],"o":{"b":1}}}`
	for _, c := range []struct {
		kind                scim.OpKind
		at, value, scimType string
	}{
		{scim.Add, "", `{"bad name[":1}`, "invalidPath"},
		{scim.Add, "", `{"":1}`, "invalidPath"},
		{scim.Add, "", `{"` + foreign + `":{"":1}}`, "invalidPath"},
		{scim.ReplaceAll, scim.UserURN, `{"title":"x"}`, "invalidPath"},
		{scim.ReplaceAll, "title.x", `"x"`, "invalidPath"},
		{scim.ReplaceAll, foreign + ":s.x", `"x"`, "invalidPath"},
		{scim.ReplaceAll, foreign + ":l.x", `"x"`, "invalidPath"},
		{scim.ReplaceAll, foreign + `:l[value eq "a"].x`, `"x"`, "invalidPath"},
		{scim.Remove, foreign + `:l[value eq "a"].x`, "", "invalidPath"},
		{scim.Remove, foreign + `:o[b eq 2]`, "", "invalidPath"},
		{scim.ReplaceAll, `name[givenName eq "g"].familyName`, `"x"`, "invalidPath"},
		{scim.ReplaceAll, `title[value eq "t"]`, `"x"`, "invalidPath"},
		{scim.ReplaceAll, "emails.value", `"x"`, "invalidPath"},

		{scim.ReplaceAll, `emails[type eq "fax"].value`, `"x"`, "noTarget"},
		{scim.ReplaceAll, `emails[type eq "fax"]`, "null", "noTarget"},
		{scim.ReplaceAll, `phoneNumbers[type eq "fax"]`, `{"value":"1"}`, "noTarget"},
		{scim.Add, `emails[type ne "work" and type ne "home"].value`, `"x"`, "noTarget"},
		{scim.Add, `phoneNumbers[type eq "a" or type eq "b"].value`, `"x"`, "noTarget"},
		{scim.Add, `phoneNumbers[value pr].value`, `"x"`, "noTarget"},

		{scim.ReplaceAll, "id", `"2"`, "mutability"},
		{scim.Remove, "id", "", "mutability"},
		{scim.ReplaceAll, "meta.created", `"2"`, "mutability"},
		{scim.Add, "groups", `[{"value":"g2"}]`, "mutability"},
		{scim.Remove, `groups[value eq "g1"]`, "", "mutability"},
		{scim.Remove, "userName", "", "mutability"},
		{scim.Remove, `userName[value eq "u"]`, "", "mutability"},
		{scim.ReplaceAll, "userName", "null", "mutability"},
		{scim.ReplaceAll, "", `{"userName":null}`, "mutability"},
		{scim.ReplaceAll, "", `{"id":"2"}`, "mutability"},

		{scim.ReplaceAll, "title", `5`, "invalidValue"},
		{scim.ReplaceAll, "active", `"yes"`, "invalidValue"},
		{scim.ReplaceAll, "name", `"x"`, "invalidValue"},
		{scim.ReplaceAll, "name.givenName", `["x"]`, "invalidValue"},
		{scim.Add, "emails", `"x@y"`, "invalidValue"},
		{scim.Add, "emails", `[{"value":5}]`, "invalidValue"},
		{scim.ReplaceAll, `emails[type eq "work"]`, `"x"`, "invalidValue"},
		{scim.ReplaceAll, `emails[type eq "work"]`, `[{"value":"x"}]`, "invalidValue"},
		{scim.ReplaceAll, `emails[type eq "work"].primary`, `"true"`, "invalidValue"},
		{scim.Add, `phoneNumbers[primary eq "true"].value`, `"1"`, "invalidValue"},
		{scim.ReplaceAll, "emails", `[{"value":"a","primary":true},{"value":"b","primary":true}]`, "invalidValue"},
		{scim.Add, "emails", `[{"value":"a","primary":true},{"value":"b","primary":true}]`, "invalidValue"},
		{scim.ReplaceAll, `emails[value pr].primary`, "true", "invalidValue"},
		{scim.ReplaceAll, enterprise, `"x"`, "invalidValue"},
		{scim.Add, "", `{"` + enterprise + `":["x"]}`, "invalidValue"},
		{scim.Add, enterprise + ":department", `5`, "invalidValue"},
	} {
		name := string(c.kind) + " " + c.at + " " + c.value
		// A valid operation before the invalid one must have no effect.
		got, err := scim.CoreSchemas().Apply(scim.User, document.Must(in), []scim.Op{
			{Kind: scim.ReplaceAll, Path: scimtest.Path(t, "nickName"), Value: `"half"`}, {Kind: c.kind, Path: scimtest.Path(t, c.at), Value: c.value},
		})
		scimtest.Refused(t, name, err, c.scimType)
		if !got.IsZero() {
			t.Errorf("%s: a resource beside the error: %s", name, got)
		}
	}
}

func TestApplyInOrder(t *testing.T) {
	t.Parallel()
	ops := []scim.Op{
		{Kind: scim.Add, Path: scimtest.Path(t, "emails"), Value: work},
		{Kind: scim.ReplaceAll, Path: scimtest.Path(t, `emails[type eq "work"].value`), Value: `"n@x"`},
		{Kind: scim.ReplaceAll, Path: scimtest.Path(t, `emails[value eq "n@x"].type`), Value: `"other"`},
		{Kind: scim.Remove, Path: scimtest.Path(t, `emails[type eq "work"]`)},
		{Kind: scim.Add, Value: `{"title":"a","displayName":"d"}`},
		{Kind: scim.Remove, Path: scimtest.Path(t, "title")},
	}
	got, err := scim.CoreSchemas().Apply(scim.User, document.Must(`{}`), ops)
	if want := `{"emails":[{"type":"other","value":"n@x"}],"displayName":"d"}`; err != nil || got.String() != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	same, err := scim.CoreSchemas().Apply(scim.User, document.Must(odd), nil)
	if err != nil || same.String() != odd {
		t.Errorf("no operations: %v %s", err, same)
	}
}

func TestApplyGroup(t *testing.T) {
	t.Parallel()
	g := document.Must(`{"displayName":"G","members":[{"value":"a"},{"value":"b"}]}`)
	for _, c := range []struct{ kind, at, value, want string }{
		{"add", "members", `[{"value":"b"},{"value":"c"}]`, `{"displayName":"G","members":[{"value":"a"},{"value":"b"},{"value":"c"}]}`},
		{"remove", `members[value eq "a"]`, "", `{"displayName":"G","members":[{"value":"b"}]}`},
		{"replace", "displayName", `"H"`, `{"displayName":"H","members":[{"value":"a"},{"value":"b"}]}`},
	} {
		got, err := scim.CoreSchemas().Apply(scim.Group, g, []scim.Op{{Kind: scim.OpKind(c.kind), Path: scimtest.Path(t, c.at), Value: c.value}})
		if err != nil || got.String() != c.want {
			t.Errorf("%s: %v %s", c.at, err, got)
		}
	}
	for at, scimType := range map[string]string{"displayName": "mutability", `members[value eq "a"].display`: "mutability"} {
		_, err := scim.CoreSchemas().Apply(scim.Group, g, []scim.Op{{Kind: scim.Remove, Path: scimtest.Path(t, at)}})
		scimtest.Refused(t, at, err, scimType)
	}
}

// A name that no schema defines is kept, as POST keeps it.
func TestApplyUnknownNames(t *testing.T) {
	t.Parallel()
	const u = `{"userName":"u","colour":"red"}`
	applied(t, []step{
		{"replace", u, scim.ReplaceAll, "shoeSize", "44", `{"userName":"u","colour":"red","shoeSize":44}`},
		{"change", u, scim.ReplaceAll, "colour", `"blue"`, `{"userName":"u","colour":"blue"}`},
		{"sub-attribute", u, scim.Add, "desk.floor", "3", `{"userName":"u","colour":"red","desk":{"floor":3}}`},
		{"element", u, scim.Add, `badges[type eq "a"].value`, `"1"`, `{"userName":"u","colour":"red","badges":[{"type":"a","value":"1"}]}`},
		{"without a path", u, scim.ReplaceAll, "", `{"colour":null,"cost centre":"c"}`, `{"userName":"u","cost centre":"c"}`},
		{"remove", u, scim.Remove, "colour", "", `{"userName":"u"}`},
		{"remove nothing", u, scim.Remove, "shoeSize", "", u},
	})
}

// odd has names and values that a path language or a JSON encoder would change.
const odd = `{"urn:example:2.0:User" : {"a.b": 1.50, "0":["x"] ,"*":"?", "#":{"1":2}}, "note":"<b> & \u003c \u00e9 é \/", "big":12345678901234567890.00, "Title" :null}`

// A remove with a value removes the values that it names, and never all.
func TestRemoveNamedValues(t *testing.T) {
	t.Parallel()
	const before = `{"roles":[{"value":"admin","type":"a","display":"A"},{"value":"user","type":"b"},{"value":"user","type":"c"},{"value":"Guest"}],` +
		`"addresses":[{"type":"work","locality":"London"},{"type":"home","locality":"Paris"}],"title":"t","` + foreign + `":{"tags":["x","y",7],"one":"z"}}`
	for _, c := range []struct{ at, value, want string }{
		{"roles", `"admin"`, "user user Guest"},
		{"roles", `"ADMIN"`, "user user Guest"},
		{"roles", `["admin","guest"]`, "user user"},
		{"roles", `[{"value":"admin"}]`, "user user Guest"},
		{"roles", `{"value":"user"}`, "admin Guest"},
		{"roles", `{"value":"user","type":"c"}`, "admin user Guest"},
		{"roles", `{"value":"user","type":"nosuch"}`, "admin user user Guest"},
		{"roles", `[{"value":"admin","type":"a","display":"A"}]`, "user user Guest"},
		{"roles", `[{"display":"A"}]`, "user user Guest"},
		{"roles", `"nobody"`, "admin user user Guest"},
		{"roles", `[]`, "admin user user Guest"},
		{"roles", `null`, ""},
		{"addresses", `{"type":"work"}`, "Paris"},
		{"addresses", `[{"type":"home","locality":"London"}]`, "London Paris"},
		{foreign + ":tags", `"x"`, "y 7"},
		{foreign + ":tags", `["X",7]`, "y"},
	} {
		got, err := scim.CoreSchemas().Apply(scim.User, document.Must(before), []scim.Op{{Kind: scim.Remove, Path: scimtest.Path(t, c.at), Value: c.value}})
		if err != nil {
			t.Errorf("%s %s: %v", c.at, c.value, err)
			continue
		}
		var left []string
		for e := range document.Values(got.Get(scim.MustPath(c.at))) {
			switch {
			case !document.IsObject(e):
				left = append(left, document.Text(e))
			case c.at == "addresses":
				left = append(left, document.Text(document.Lookup(e, "locality")))
			default:
				left = append(left, document.Text(document.Lookup(e, "value")))
			}
		}
		if strings.Join(left, " ") != c.want {
			t.Errorf("%s %s leaves %v, want %s", c.at, c.value, left, c.want)
		}
	}
	for _, bad := range []string{`{}`, `""`, `[null]`, `[[]]`, `[{"value":null}]`, `[{"display":[]}]`} {
		_, err := scim.CoreSchemas().Apply(scim.User, document.Must(before), []scim.Op{{Kind: scim.Remove, Path: scimtest.Path(t, "roles"), Value: bad}})
		scimtest.Refused(t, bad, err, "invalidValue", "remove: ")
	}
}
