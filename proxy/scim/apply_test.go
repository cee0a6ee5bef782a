package scim_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// step is a PATCH of one operation. The results are compared byte for byte, because order and
// unchanged values must stay.
type step struct {
	name, in  string
	kind      scim.OpKind
	at, value string
	want      string
}

func applied(t *testing.T, steps []step) {
	t.Helper()
	for _, c := range steps {
		before := document.Must(c.in)
		got, err := scim.CoreSchemas().Apply(scim.User, before, []scim.Op{{Kind: c.kind, Path: scimtest.Path(t, c.at), Value: c.value}})
		if err != nil || got.String() != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", c.name, err, got, c.want)
		}
		if before.String() != c.in {
			t.Errorf("%s: the argument was changed: %s", c.name, before)
		}
	}
}

const (
	work = `{"type":"work","value":"w@x"}`
	home = `{"value":"h@x","type":"home"}`
	two  = `{"emails":[` + work + `,` + home + `]}`
)

// The figures of RFC 7644 section 3.5.2, with emails instead of members in figures of groups.
func TestApplyFigures(t *testing.T) {
	t.Parallel()
	applied(t, []step{
		{"3.5.2.1 add a value", `{"emails":[` + work + `]}`, scim.Add, "emails", `[` + home + `]`, two},
		{"3.5.2.1 add without a path", `{"nickName":"x"}`, scim.Add, "", `{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}`, `{"nickName":"Babs","emails":[{"value":"babs@jensen.org","type":"home"}]}`},
		{"3.5.2.2 remove one value", two, scim.Remove, `emails[value eq "h@x"]`, "", `{"emails":[` + work + `]}`},
		{"3.5.2.2 remove all", two, scim.Remove, "emails", "", `{}`},
		{"3.5.2.2 remove by two terms", two, scim.Remove, `emails[type eq "work" and value ew "@x"]`, "", `{"emails":[` + home + `]}`},
		{"3.5.2.3 replace all", two, scim.ReplaceAll, "emails", `[{"value":"n@x"}]`, `{"emails":[{"value":"n@x"}]}`},
		{"3.5.2.3 replace the selected", `{"addresses":[{"type":"work","region":"CA","primary":true},{"type":"home"}]}`, scim.ReplaceAll, `addresses[type eq "work"]`, `{"type":"work","streetAddress":"911 Universal City Plaza","primary":true}`, `{"addresses":[{"type":"work","streetAddress":"911 Universal City Plaza","primary":true},{"type":"home"}]}`},
		{"3.5.2.3 replace a sub-attribute of the selected", `{"addresses":[{"type":"work","streetAddress":"a","region":"CA"},{"type":"home"}]}`, scim.ReplaceAll, `addresses[type eq "work"].streetAddress`, `"1010 Broadway Ave"`, `{"addresses":[{"type":"work","streetAddress":"1010 Broadway Ave","region":"CA"},{"type":"home"}]}`},
		{"3.5.2.3 replace without a path", two, scim.ReplaceAll, "", `{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}`, `{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}`},
	})
}

func TestApplySingle(t *testing.T) {
	t.Parallel()
	applied(t, []step{
		{"add is replace", `{"title":"a"}`, scim.Add, "title", `"b"`, `{"title":"b"}`},
		{"the member that is there", `{"TITLE":"a"}`, scim.ReplaceAll, "title", `"<b>"`, `{"TITLE":"<b>"}`},
		{"by its URN", `{}`, scim.ReplaceAll, scim.UserURN + ":title", `"b"`, `{"title":"b"}`},
		{"false is a value", `{"active":true}`, scim.ReplaceAll, "active", "false", `{"active":false}`},
		{"order and bytes", `{"x":1.0,"title":"a" ,"y":{ "z":"\u003c"}}`, scim.ReplaceAll, "title", `"b"`, `{"x":1.0,"title":"b","y":{ "z":"\u003c"}}`},
		{"sub-attribute", `{"name":{"givenName":"g"}}`, scim.ReplaceAll, "name.familyName", `"f"`, `{"name":{"givenName":"g","familyName":"f"}}`},
		{"sub-attribute of nothing", `{}`, scim.Add, "name.familyName", `"f"`, `{"name":{"familyName":"f"}}`},
		{"the last sub-attribute", `{"name":{"givenName":"g"},"a":1}`, scim.Remove, "name.givenName", "", `{"a":1}`},
		{"add merges", `{"name":{"givenName":"g","middleName":"m"}}`, scim.Add, "name", `{"givenName":"h","familyName":"f"}`, `{"name":{"givenName":"h","middleName":"m","familyName":"f"}}`},
		{"replace merges", `{"name":{"givenName":"g","middleName":"m"}}`, scim.ReplaceAll, "name", `{"givenName":"h"}`, `{"name":{"givenName":"h","middleName":"m"}}`},
		{"null in a merge removes", `{"name":{"givenName":"g","middleName":"m"}}`, scim.ReplaceAll, "name", `{"middleName":null}`, `{"name":{"givenName":"g"}}`},
		{"null in a new value is nothing", `{}`, scim.Add, "name", `{"middleName":null,"givenName":"g"}`, `{"name":{"givenName":"g"}}`},
		{"only nulls", `{"a":1}`, scim.ReplaceAll, "name", `{"middleName":null}`, `{"a":1}`},
		{"over null", `{"name":null}`, scim.Add, "name.givenName", `"g"`, `{"name":{"givenName":"g"}}`},
		{"unknown sub-attribute is kept", `{}`, scim.Add, "name.initials", `"I"`, `{"name":{"initials":"I"}}`},
		{"unknown attribute that is there", `{"shoe":42}`, scim.ReplaceAll, "shoe", `43`, `{"shoe":43}`},
		{"password is accepted and dropped", `{"title":"a"}`, scim.ReplaceAll, "password", `"s3cret"`, `{"title":"a"}`},
		{"dotted name without a path", `{}`, scim.Add, "", `{"name.givenName":"g"}`, `{"name":{"givenName":"g"}}`},
	})
}

func TestApplyUnassigned(t *testing.T) {
	t.Parallel()
	for _, nothing := range []string{"null", "[]", "{}", "[ ]"} {
		applied(t, []step{
			{"replace a scalar by " + nothing, `{"a":1,"title":"t"}`, scim.ReplaceAll, "title", nothing, `{"a":1}`},
			{"replace a list by " + nothing, two, scim.ReplaceAll, "emails", nothing, `{}`},
			{"replace a complex value by " + nothing, `{"name":{"givenName":"g"}}`, scim.ReplaceAll, "name", nothing, `{}`},
			{"replace a sub-attribute by " + nothing, `{"name":{"givenName":"g","familyName":"f"}}`, scim.ReplaceAll, "name.givenName", nothing, `{"name":{"familyName":"f"}}`},
			{"replace the selected by " + nothing, two, scim.ReplaceAll, `emails[type eq "work"]`, nothing, `{"emails":[` + home + `]}`},
			{"replace a selected sub-attribute by " + nothing, two, scim.ReplaceAll, `emails[type eq "work"].type`, nothing, `{"emails":[{"value":"w@x"},` + home + `]}`},
			{"replace an extension by " + nothing, `{"` + foreign + `":{"x":1},"a":1}`, scim.ReplaceAll, foreign, nothing, `{"a":1}`},
			{"add " + nothing, two, scim.Add, "emails", nothing, two},
			{"add " + nothing + " to what is not there", `{}`, scim.Add, "title", nothing, `{}`},
			{"add " + nothing + " to a sub-attribute", `{"name":{"givenName":"g"}}`, scim.Add, "name.givenName", nothing, `{"name":{"givenName":"g"}}`},
			{"add " + nothing + " to an extension", `{"` + enterprise + `":{"department":"d"}}`, scim.Add, "", `{"` + enterprise + `":` + nothing + `}`, `{"` + enterprise + `":{"department":"d"}}`},
		})
	}
}

func TestApplyExtensions(t *testing.T) {
	t.Parallel()
	ent := func(s string) string { return `{"` + enterprise + `":` + s + `}` }
	far := func(s string) string { return `{"` + foreign + `":` + s + `}` }
	applied(t, []step{
		{"attribute", `{}`, scim.Add, enterprise + ":department", `"d"`, ent(`{"department":"d"}`)},
		{"URN in another case", ent(`{"department":"d"}`), scim.ReplaceAll, strings.ToUpper(enterprise) + ":DEPARTMENT", `"e"`, ent(`{"department":"e"}`)},
		{"the last attribute", ent(`{"department":"d"}`), scim.Remove, enterprise + ":department", "", `{}`},
		{"manager", ent(`{"manager":{"displayName":"n"}}`), scim.ReplaceAll, enterprise + ":manager.value", `"m"`, ent(`{"manager":{"displayName":"n","value":"m"}}`)},
		{"whole, by its URN", ent(`{"department":"d"}`), scim.ReplaceAll, enterprise, `{"costCenter":"c"}`, ent(`{"department":"d","costCenter":"c"}`)},
		{"whole, removed", ent(`{"department":"d"}`), scim.Remove, enterprise, "", `{}`},
		{"without a path", ent(`{"department":"d"}`), scim.Add, "", ent(`{"department":null,"manager":{"value":"m"}}`), ent(`{"department":"d","manager":{"value":"m"}}`)},
		{"without a path, null in a replace", ent(`{"department":"d","division":"v"}`), scim.ReplaceAll, "", ent(`{"department":null}`), ent(`{"division":"v"}`)},
		{"without a path, by name", `{}`, scim.Add, "", `{"` + enterprise + `:department":"d","` + enterprise + `:manager.value":"m"}`, ent(`{"department":"d","manager":{"value":"m"}}`)},
		// Without a schema: an object makes "urn:example:2.0:User" the extension.
		{"undeclared, without a path", `{}`, scim.Add, "", far(`{"box":{"w":1},"n":12345678901234567890}`), far(`{"box":{"w":1},"n":12345678901234567890}`)},
		{"undeclared, by its URN", `{}`, scim.ReplaceAll, foreign, `{"box":{"w":{"deep":[]}}}`, far(`{"box":{"w":{"deep":[]}}}`)},
		{"undeclared attribute", far(`{"x":1}`), scim.ReplaceAll, foreign + ":x", `2`, far(`{"x":2}`)},
		{"undeclared new attribute", `{}`, scim.Add, foreign + ":x", `[1]`, far(`{"x":[1]}`)},
		{"undeclared sub-attribute", far(`{"box":{"w":1}}`), scim.ReplaceAll, foreign + ":box.h", `2`, far(`{"box":{"w":1,"h":2}}`)},
		{"undeclared, object where it is there", far(`{"x":1}`), scim.Add, foreign + ":box", `{"w":1}`, far(`{"x":1,"box":{"w":1}}`)},
		{"undeclared, removed whole", far(`{"x":1}`), scim.Remove, foreign, "", `{}`},
		{"undeclared, the attribute User of another URN", `{"urn:example:2.0":{"User":1}}`, scim.ReplaceAll, foreign, `2`, `{"urn:example:2.0":{"User":2}}`},
		{"undeclared, scalar at the URN", `{}`, scim.Add, foreign, `2`, `{"urn:example:2.0":{"User":2}}`},
		{"undeclared, URN that ends in a version", `{}`, scim.Add, "", `{"urn:scim:schemas:extension:x:1.0":{"a":{"b":1}}}`, `{"urn:scim:schemas:extension:x:1.0":{"a":{"b":1}}}`},
		{"undeclared, a scalar replaces a list", far(`{"tags":["a","b"]}`), scim.ReplaceAll, foreign + ":tags", `"c"`, far(`{"tags":"c"}`)},
		{"undeclared, an object replaces a list", far(`{"tags":["a"]}`), scim.ReplaceAll, foreign + ":tags", `{"c":1}`, far(`{"tags":{"c":1}}`)},
		{"undeclared, added to a list", far(`{"tags":["a","b"]}`), scim.Add, foreign + ":tags", `["b","c"]`, far(`{"tags":["a","b","c"]}`)},
		{"undeclared, selected by value", far(`{"tags":["a","b"]}`), scim.Remove, foreign + `:tags[value eq "A"]`, "", far(`{"tags":["b"]}`)},
		{"undeclared, selected and replaced", far(`{"tags":["a","b"]}`), scim.ReplaceAll, foreign + `:tags[value eq "a"].value`, `"c"`, far(`{"tags":["c","b"]}`)},
		{"undeclared, selected by a sub-attribute", far(`{"l":[{"k":1},{"k":2}]}`), scim.ReplaceAll, foreign + `:l[k gt 1].v`, `"x"`, far(`{"l":[{"k":1},{"k":2,"v":"x"}]}`)},
		{"unknown attribute of a declared one", `{}`, scim.Add, enterprise + ":badge", `{"a":1}`, ent(`{"badge":{"a":1}}`)},
	})
}
