package scim_test

import (
	"regexp"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	const in = `{"id":"1","userName":"\u00e9","emails":[{"value":"a","type":"b"}],"meta":{"version":"x"}}`
	v := scim.Version(scim.User, document.Must(in), false)
	if !regexp.MustCompile(`^W/"[0-9a-f]{16}"$`).MatchString(v) {
		t.Errorf("version %s", v)
	}
	for same, raw := range map[string]string{
		"order":       `{"emails":[{"type":"b","value":"a"}],"userName":"\u00e9","id":"1"}`,
		"white space": "{\n \"id\" : \"1\", \"userName\":\"\\u00e9\" ,\"emails\" : [ {\"value\":\"a\",\"type\":\"b\"} ] } ",
		"escapes":     `{"id":"\u0031","userName":"é","emails":[{"value":"a","type":"b"}]}`,
		"meta":        `{"META":{"version":"y","lastModified":"z"},"id":"1","userName":"é","emails":[{"value":"a","type":"b"}]}`,
	} {
		if got := scim.Version(scim.User, document.Must(raw), false); got != v {
			t.Errorf("%s: %s, want %s", same, got, v)
		}
	}
	for change, raw := range map[string]string{
		"value":         `{"id":"1","userName":"É","emails":[{"value":"a","type":"b"}]}`,
		"removed":       `{"id":"1","userName":"é"}`,
		"added":         `{"id":"1","userName":"é","emails":[{"value":"a","type":"b"}],"title":""}`,
		"order of list": `{"id":"1","userName":"é","emails":[{"value":"a","type":"b"},{"value":"c"}]}`,
		"kind":          `{"id":1,"userName":"é","emails":[{"value":"a","type":"b"}]}`,
	} {
		if got := scim.Version(scim.User, document.Must(raw), false); got == v {
			t.Errorf("%s: the same version", change)
		}
	}
	if got := scim.Version(scim.User, scim.Resource{}, true); got != "" {
		t.Errorf("nothing has version %s", got)
	}
}

func TestVersionOfGroups(t *testing.T) {
	t.Parallel()
	version := func(raw string, members bool) string { return scim.Version(scim.Group, document.Must(raw), members) }
	one, two := `{"displayName":"g","members":[{"value":"1"}]}`, `{"displayName":"g","members":[{"value":"1"},{"value":"2"}]}`
	if version(one, false) != version(two, false) || version(one, true) == version(two, true) {
		t.Error("members count where they were read, and only there")
	}
	if version(`{"displayName":"g"}`, true) == version(`{"displayName":"g"}`, false) {
		t.Error("no members is not the same as not read")
	}
	whole, part := version(one, true), version(two, false)
	for _, c := range []struct {
		header, version string
		partial, want   bool
	}{
		{"*", whole, false, true},
		{whole, whole, false, true},
		{whole[2:], whole, false, true},
		{`"x" , W/"y",` + whole, whole, false, true},
		{version(two, true), whole, false, false},
		{part, whole, false, false},
		{part, whole, true, true},
		{part[2:], whole, true, true},
		{version(two, true), whole, true, false},
		{whole, part, true, false},
		{version(`{"displayName":"h"}`, false), whole, true, false},
		{"", whole, true, false},
		{`W/""`, whole, true, false},
		{`x, y`, whole, true, false},
	} {
		if got := scim.MatchesVersion(c.header, c.version, c.partial); got != c.want {
			t.Errorf("%s matches %s (partial %v): %v", c.header, c.version, c.partial, got)
		}
	}
}

func TestWithSchemas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t        scim.ResourceType
		in, want string
	}{
		{scim.User, `{"userName":"a"}`, `{"userName":"a","schemas":["` + scim.UserURN + `"]}`},
		{scim.Group, `{"schemas":["x","y"],"displayName":"a"}`, `{"schemas":["` + scim.GroupURN + `"],"displayName":"a"}`},
		{scim.User, `{"SCHEMAS":null,"` + foreign + `":{"a":1},"` + enterprise + `":{"department":"d"}}`, `{"SCHEMAS":["` + scim.UserURN + `","` + foreign + `","` + enterprise + `"],"` + foreign + `":{"a":1},"` + enterprise + `":{"department":"d"}}`},
		{scim.User, `{"` + enterprise + `":{},"` + foreign + `":null}`, `{"` + enterprise + `":{},"` + foreign + `":null,"schemas":["` + scim.UserURN + `"]}`},
	} {
		if got := scim.WithSchemas(c.t, document.Must(c.in)).String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}
