package scim_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// The extensions that a resource has decide what the last part of an undeclared URN is.
func TestOwnExtensions(t *testing.T) {
	have := document.Must(`{"id":"1","userName":"u","urn:x:y":{"a":"1"},"urn:p":{"User":{"q":"2"}},"urn:s:User":{"t":"3"}}`)
	for path, want := range map[string]string{
		"urn:x:y.b":       `"urn:x:y":{"a":"1","b":"n"}`,
		"urn:x:y:b":       `"urn:x:y":{"a":"1","b":"n"}`,
		"urn:p:User.r":    `"urn:p":{"User":{"q":"2","r":"n"}}`,
		"urn:p:User:r":    `"urn:p":{"User":{"q":"2","r":"n"}}`,
		"urn:s:User.v":    `"urn:s:User":{"t":"3","v":"n"}`,
		"urn:none:y.b":    `"urn:none":{"y":{"b":"n"}}`,
		"urn:none:User:b": `"urn:none:User":{"b":"n"}`,
	} {
		p, err := scim.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := scim.CoreSchemas().Apply(scim.User, have, []scim.Op{{Kind: scim.Add, Path: p, Value: `"n"`}})
		if err != nil {
			t.Fatal(err)
		}
		only := document.Must("{" + want + "}")
		for name, raw := range only.All() {
			if !document.Same(got.Raw(name), raw) {
				t.Errorf("%s: %s", path, got)
			}
		}
		f, err := scim.ParseFilter(path + ` eq "N"`)
		if err != nil || !scim.CoreSchemas().Match(f, scim.User, got) || scim.CoreSchemas().Match(f, scim.User, have) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// A filter selects the one value of a reference, or it does not.
func TestSelectedManager(t *testing.T) {
	const manager = scim.EnterpriseURN + ":manager"
	for _, c := range []struct{ have, kind, path, value, want string }{
		{`{"value":"1"}`, "remove", `[value eq "1"]`, "", ""},
		{`{"value":"1"}`, "remove", `[value eq "2"]`, "", `{"value":"1"}`},
		{"", "remove", `[value eq "2"]`, "", ""},
		{`{"value":"1"}`, "replace", `[value eq "1"].value`, `"2"`, `{"value":"2"}`},
		{`{"value":"1"}`, "replace", `[value eq "1"]`, `{"value":"2"}`, `{"value":"2"}`},
		{`{"value":"1"}`, "replace", `[value eq "2"]`, `{"value":"3"}`, "noTarget"},
		{"", "add", `[value eq "2"].$ref`, `"r"`, `{"value":"2","$ref":"r"}`},
		{`{"value":"1"}`, "add", `[value eq "2"].$ref`, `"r"`, `{"value":"2","$ref":"r"}`},
		{`{"value":"1"}`, "add", "", `{"value":"2","displayName":"D"}`, `{"value":"2"}`},
		{`{"value":"1"}`, "add", ".displayName", `"D"`, "mutability"},
	} {
		have := document.Must(`{"id":"1","userName":"u"}`).Set(scim.MustPath(manager), c.have)
		p, err := scim.ParsePath(manager + c.path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := scim.CoreSchemas().Apply(scim.User, have, []scim.Op{{Kind: scim.OpKind(c.kind), Path: p, Value: c.value}})
		if err != nil {
			if scim.AsError(err).Type != c.want {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if raw := got.Get(scim.MustPath(manager)); raw != c.want && !document.Same(raw, c.want) {
			t.Errorf("%+v: %s", c, raw)
		}
	}
}

// Nothing that only the server sets is taken from a body.
func TestSettable(t *testing.T) {
	const in = `{"id":"1","meta":{},"userName":"u","password":"p","` + scim.EnterpriseURN + `":{"manager":{"value":"1","DisplayName":"D"},"department":"d"},"urn:x:1.0":{"manager":{"displayName":"D"}}}`
	const want = `{"userName":"u","` + scim.EnterpriseURN + `":{"manager":{"value":"1"},"department":"d"},"urn:x:1.0":{"manager":{"displayName":"D"}}}`
	if got := scim.CoreSchemas().Settable(scim.User, document.Must(in)); got.String() != want {
		t.Error(got)
	}
}
