package scim_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, words string }{
		{babs, ""},
		{`{}`, ""},
		{`{"title":null,"active":null,"emails":null,"name":null,"` + enterprise + `":null}`, ""},
		{`{"emails":[],"name":{},"title":[],"active":{}}`, ""},
		{`{"shoe":{"size":[1]},"` + foreign + `":{"active":"yes","emails":5}}`, ""},
		{`{"name":{"givenName":null,"initials":5},"emails":[{"value":null,"x":5}]}`, ""},
		{`{"id":5,"meta":"x","groups":{"a":1},"schemas":[1],"password":[1]}`, ""},
		{`{"TITLE":5}`, "TITLE is not a string"},
		{`{"title":true}`, "title is not a string"},
		{`{"title":{"a":1}}`, "title is not a string"},
		{`{"userName":["a"]}`, "userName is not a string"},
		{`{"active":"true"}`, "active is not a boolean"},
		{`{"active":1}`, "active is not a boolean"},
		{`{"profileUrl":5}`, "profileUrl is not a string"},
		{`{"name":"x"}`, "name is not an object"},
		{`{"name":[{"givenName":"x"}]}`, "name is not an object"},
		{`{"name":{"GIVENNAME":5}}`, "name.givenName is not a string"},
		{`{"emails":{"value":"x"}}`, "emails is not an array"},
		{`{"emails":"x"}`, "emails is not an array"},
		{`{"emails":["x"]}`, "emails is not an object"},
		{`{"emails":[{"value":"x"},null]}`, "emails is not an object"},
		{`{"emails":[{"value":"x"},{"value":5}]}`, "emails.value is not a string"},
		{`{"emails":[{"value":"x","primary":"true"}]}`, "emails.primary is not a boolean"},
		{`{"emails":[{"value":"x","primary":true},{"primary":false},{"PRIMARY":true}]}`, "emails has 2 primary values"},
		{`{"x509Certificates":[{"value":"TUlJ"}]}`, ""},
		{`{"x509Certificates":[{"value":"%%%"}]}`, "x509Certificates.value is not base64"},
		{`{"` + enterprise + `":"x"}`, "extension " + enterprise + " is not an object"},
		{`{"` + foreign + `":[1]}`, "extension " + foreign + " is not an object"},
		{`{"` + enterprise + `":{"department":5}}`, enterprise + ":department is not a string"},
		{`{"` + enterprise + `":{"manager":"x"}}`, enterprise + ":manager is not an object"},
		{`{"` + enterprise + `":{"manager":{"value":5}}}`, enterprise + ":manager.value is not a string"},
		{`{"` + scim.UserURN + `":{"title":5}}`, "title is not a string"},
	} {
		err := scim.CoreSchemas().Check(scim.User, document.Must(c.in))
		if c.words != "" {
			scimtest.Refused(t, c.in, err, "invalidValue", c.words)
		} else if err != nil {
			t.Errorf("%s: %v", c.in, err)
		}
	}
	scimtest.Refused(t, "group", scim.CoreSchemas().Check(scim.Group, document.Must(`{"members":[{"value":5}]}`)), "invalidValue", "members.value")
	if err := scim.CoreSchemas().Check(scim.Group, document.Must(`{"title":5}`)); err != nil {
		t.Errorf("a user's attribute means nothing in a group: %v", err)
	}
}

func TestScalars(t *testing.T) {
	t.Parallel()
	fits := map[string][]string{
		"string":    {`""`, `"5"`},
		"reference": {`"urn:x"`},
		"boolean":   {"true", "false"},
		"integer":   {"0", "-5", "12345678901234567890"},
		"decimal":   {"0", "-5", "1.5", "1e-3"},
		"dateTime":  {`"2011-05-13T04:42:34Z"`, `"2011-05-13T04:42:34.123+02:00"`},
		"binary":    {`""`, `"TUlJ"`},
	}
	not := map[string][]string{
		"string":    {"5", "true", "null", "{}", "[]"},
		"reference": {"5"},
		"boolean":   {`"true"`, "0", "null", "[]"},
		"integer":   {"1.0", "1e3", "1E3", `"5"`, "true", "null", "{}", "[]"},
		"decimal":   {`"1.5"`, "false", "null", "{}", "[]"},
		"dateTime":  {`"2011-05-13"`, `"2011-05-13T04:42:34"`, `"yesterday"`, "5", "null"},
		"binary":    {`"TUl"`, `"%"`, "5", "null"},
	}
	for kind, raws := range fits {
		for _, raw := range raws {
			if want := scim.Mistyped(kind, raw); want != "" {
				t.Errorf("%s is no %s: not %s", raw, kind, want)
			}
		}
		for _, raw := range not[kind] {
			if scim.Mistyped(kind, raw) == "" {
				t.Errorf("%s is a %s", raw, kind)
			}
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t         scim.ResourceType
		in, words string
	}{
		{scim.User, `{"USERNAME":"a"}`, ""},
		{scim.User, `{}`, "userName is required"},
		{scim.User, `{"userName":null}`, "userName is required"},
		{scim.User, `{"userName":" \t"}`, "userName is required"},
		{scim.Group, `{"displayName":"a"}`, ""},
		{scim.Group, `{"userName":"a","displayName":""}`, "displayName is required"},
	} {
		err := scim.CoreSchemas().CheckRequired(c.t, document.Must(c.in))
		if c.words != "" {
			scimtest.Refused(t, c.in, err, "invalidValue", c.words)
		} else if err != nil {
			t.Errorf("%s: %v", c.in, err)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	s := scim.CoreSchemas()
	for _, c := range []struct {
		t    scim.ResourceType
		path scim.AttrPath
		kind string
	}{
		{scim.User, scim.MustPath("USERNAME"), "string"},
		{scim.User, scim.AttrPath{URN: scim.UserURN, Name: "active"}, "boolean"},
		{scim.User, scim.MustPath("emails.primary"), "boolean"},
		{scim.User, scim.MustPath("meta.created"), "dateTime"},
		{scim.User, scim.MustPath(enterprise + ":manager.$ref"), "reference"},
		{scim.Group, scim.MustPath("members"), "complex"},
		{scim.Group, scim.MustPath("externalId"), "string"},
		{scim.User, scim.MustPath("department"), ""},
		{scim.User, scim.MustPath("members"), ""},
		{scim.User, scim.MustPath("emails.country"), ""},
		{scim.User, scim.MustPath(enterprise), ""},
		{scim.Group, scim.MustPath(enterprise + ":department"), ""},
		{scim.User, scim.MustPath(foreign + ":userName"), ""},
	} {
		a, ok := s.Lookup(c.t, c.path)
		if a.Type != c.kind || ok != (c.kind != "") {
			t.Errorf("%s %s: %q %v", c.t, c.path, a.Type, ok)
		}
	}
	for p, want := range map[string]bool{"shoe": false, enterprise + ":shoe": false, foreign + ":shoe": true} {
		if s.Open(scim.User, scim.MustPath(p)) != want {
			t.Errorf("%s is open: %v", p, !want)
		}
	}
	var walk func(as []scim.Attribute)
	walk = func(as []scim.Attribute) {
		for _, a := range as {
			if a.Mutability == "" || a.Returned == "" || a.Uniqueness == "" || a.Type == "" || a.Description == "" {
				t.Errorf("%s lacks a part of its definition: %+v", a.Name, a)
			}
			walk(a.SubAttributes)
		}
	}
	walk(s.Core(scim.User).Attributes)
	walk(s.Core(scim.Group).Attributes)
	for _, e := range s.Extensions(scim.User) {
		walk(e.Attributes)
	}
}
