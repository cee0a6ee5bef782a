package scim_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// goodPaths also seed the fuzzer. An empty printed form is the text itself.
var goodPaths = []struct {
	text    string
	want    scim.AttrPath
	printed string
}{
	{"userName", scim.AttrPath{Name: "userName"}, ""},
	{"name.familyName", scim.AttrPath{Name: "name", Sub: "familyName"}, ""},
	{"x-custom_2", scim.AttrPath{Name: "x-custom_2"}, ""},
	{"members.$ref", scim.AttrPath{Name: "members", Sub: "$ref"}, ""},
	{"$ref", scim.AttrPath{Name: "$ref"}, ""},
	{scim.UserURN + ":userName", scim.AttrPath{Name: "userName"}, "userName"},
	{scim.UserURN + ":name.familyName", scim.AttrPath{Name: "name", Sub: "familyName"}, "name.familyName"},
	{strings.ToUpper(scim.GroupURN) + ":displayName", scim.AttrPath{Name: "displayName"}, "displayName"},
	{scim.UserURN, scim.AttrPath{URN: scim.UserURN}, ""},
	{enterprise, scim.AttrPath{URN: enterprise}, ""},
	{strings.ToUpper(enterprise), scim.AttrPath{URN: enterprise}, enterprise},
	{enterprise + ":department", scim.AttrPath{URN: enterprise, Name: "department"}, ""},
	{enterprise + ":manager.value", scim.AttrPath{URN: enterprise, Name: "manager", Sub: "value"}, ""},
	{enterprise + ":manager.$ref", scim.AttrPath{URN: enterprise, Name: "manager", Sub: "$ref"}, ""},
	{foreign + ":a.b", scim.AttrPath{URN: foreign, Name: "a", Sub: "b"}, ""},
	{"urn:scim:schemas:extension:custom:1.0:badge", scim.AttrPath{URN: "urn:scim:schemas:extension:custom:1.0", Name: "badge"}, ""},
	// The last segment of an unknown URN looks like an attribute; Apply decides.
	{foreign, scim.AttrPath{URN: "urn:example:2.0", Name: "User"}, ""},
	// Attribute names do not begin with a digit, so this is a URN.
	{"urn:scim:schemas:extension:custom:1.0", scim.AttrPath{URN: "urn:scim:schemas:extension:custom:1.0"}, ""},
	{enterprise + "s:x", scim.AttrPath{URN: enterprise + "s", Name: "x"}, ""},
}

var badPaths = []string{
	"", ".", "$", "a.", ".a", "a..b", "a.b.c", "1a", "-a", "a b", "a\n", "é", "a.1", "$$ref", "a[b]",
	":", ":userName", "urn:x:", "urn:x:User:a b", "urn:x:1.0.value", enterprise + ":", enterprise + ":1", enterprise + ":a:b",
	"urn: x:a", "urn:é:a", "urn:\xff:a", "urn:x\n:1.0",
	scim.UserURN + ":", scim.UserURN + ":urn:x", scim.UserURN + ":a.b.c",
}

func TestParseAttrPath(t *testing.T) {
	t.Parallel()
	for _, c := range goodPaths {
		got, err := scim.ParseAttrPath(c.text)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v %v", c.text, got, err)
		}
		if c.printed == "" {
			c.printed = c.text
		}
		if got.String() != c.printed {
			t.Errorf("%s prints %s", c.text, got)
		}
	}
	for _, bad := range badPaths {
		if p, err := scim.ParseAttrPath(bad); err == nil {
			t.Errorf("%q is %+v", bad, p)
		} else {
			scimtest.Refused(t, bad, err, "invalidPath")
		}
	}
}

func TestAttrPathParts(t *testing.T) {
	t.Parallel()
	p := scim.MustPath(enterprise + ":Manager.displayName")
	if p.Top() != (scim.AttrPath{URN: enterprise, Name: "Manager"}) || p.With("value").Sub != "value" || p.Top().With("displayName") != p {
		t.Errorf("%+v", p)
	}
	if !p.Is(scim.MustPath(strings.ToUpper(p.String()))) || p.Is(p.Top()) || p.Is(scim.MustPath("Manager.displayName")) {
		t.Error("paths are the same where they differ in case only")
	}
	if p.Key() != strings.ToLower(p.String()) || p.IsZero() || !(scim.AttrPath{}).IsZero() {
		t.Errorf("%s", p.Key())
	}
	defer func() {
		if recover() == nil {
			t.Error("MustPath took a bad path")
		}
	}()
	scim.MustPath("a b")
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	for text, printed := range map[string]string{
		"members":                   "",
		"name.familyName":           "",
		enterprise:                  "",
		`addresses[type eq "work"]`: "",
		`members[value eq "2819c223"].displayName`:                                    "",
		`emails[type eq "work" and value co "@x.org" or not (primary eq true)].value`: "",
		`members[value pr].$ref`:                                                      "",
		` emails[ TYPE EQ "wo\"rk" ].value `:                                          `emails[TYPE eq "wo\"rk"].value`,
		scim.UserURN + `:emails[type eq "work"].value`:                                `emails[type eq "work"].value`,
		foreign + `:badges[level gt 3].colour`:                                        "",
		enterprise + `:manager.displayName`:                                           "",
	} {
		p, err := scim.ParsePath(text)
		if printed == "" {
			printed = text
		}
		if err != nil || p.String() != printed || p.IsZero() {
			t.Errorf("%s: %s %v", text, p, err)
		}
	}
	for text, words := range map[string]string{
		"":                             "expected an attribute, found the end at column 1",
		"emails[":                      "found the end at column 8",
		"emails[]":                     `found "]" at column 8`,
		`emails[type eq "work"`:        "expected ], found the end at column 22",
		`emails[type eq "work")`:       `expected ], found ")" at column 22`,
		`emails[type eq "work"].`:      `expected a sub-attribute, found "." at column 23`,
		`emails[type eq "work"].a.b`:   `found ".a.b" at column 23`,
		`emails[type eq "work"]value`:  `expected the end, found "value" at column 23`,
		`emails.value[type eq "work"]`: `"emails.value" cannot have a value filter at column 29`,
		`emails[name.a eq 1]`:          `"name.a" is not a sub-attribute at column 7`,
		`emails[` + foreign + `:a pr]`: "is not a sub-attribute at column 7",
		`emails[a[b pr]]`:              "is not a sub-attribute at column 7",
		enterprise + `[department pr]`: "cannot have a value filter",
		"title pr":                     `expected the end, found "pr" at column 7`,
		`"title"`:                      `expected an attribute, found "\"title\"" at column 1`,
		"emails[type eq é].value":      "at column 16",
	} {
		p, err := scim.ParsePath(text)
		scimtest.Refused(t, text, err, "invalidPath", "the path is not valid", words)
		if !p.IsZero() || p.Filter != nil {
			t.Errorf("%s: a path beside the error: %s", text, p)
		}
	}
}
