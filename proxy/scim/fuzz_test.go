package scim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// A printed filter parses to the same tree and prints the same. Only the depth may differ: `a[…].b`
// gets one more pair of parentheses.
func FuzzParseFilter(f *testing.F) {
	for _, c := range goodFilters {
		f.Add(c.text)
	}
	for text := range badFilters {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := scim.ParseFilter(text)
		if err != nil {
			scimtest.Refused(t, text, err, "invalidFilter")
			return
		}
		same(t, text, tree, func(printed string) (scim.Filter, error) { return scim.ParseFilter(printed) })
		scim.CoreSchemas().Match(tree, scim.User, document.Must(babs))
	})
}

func FuzzParsePath(f *testing.F) {
	for _, c := range goodPaths {
		f.Add(c.text)
	}
	for _, text := range badPaths {
		f.Add(text)
	}
	for _, c := range goodFilters {
		f.Add("emails[" + c.text + "].value")
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := scim.ParsePath(text)
		if err != nil {
			scimtest.Refused(t, text, err, "invalidPath")
			return
		}
		same(t, text, p, scim.ParsePath)
		for _, kind := range []scim.OpKind{scim.Add, scim.Remove, scim.ReplaceAll} {
			for _, value := range []string{`"x"`, `{"value":"x"}`, `[{"value":"x","primary":true}]`, "null", "7"} {
				apply(t, kind, p, value)
			}
		}
	})
}

// apply checks that an operation is refused with a SCIM error, or results in valid JSON with values
// of the right types.
func apply(t *testing.T, kind scim.OpKind, p scim.Path, value string) {
	ops := []scim.Op{{Kind: kind, Path: p, Value: value}}
	once, err := scim.CoreSchemas().Apply(scim.User, document.Must(babs), ops)
	if err != nil {
		if scim.Status(err) != 400 {
			t.Errorf("%s %s %s: %v", kind, p, value, err)
		}
		return
	}
	if err := bounds.JSON([]byte(once.String()), 64); err != nil {
		t.Errorf("%s %s %s: %v: %s", kind, p, value, err, once)
	}
	if err := scim.CoreSchemas().Check(scim.User, once); err != nil {
		t.Errorf("%s %s %s: %v: %s", kind, p, value, err, once)
	}
}

func same[T interface{ String() string }](t *testing.T, text string, tree T, read func(string) (T, error)) {
	t.Helper()
	again, err := read(tree.String())
	if err != nil {
		t.Fatalf("%q prints %q, which is not read: %v", text, tree, err)
	}
	if again.String() != tree.String() {
		t.Errorf("%q prints %q, which prints %q", text, tree, again)
	}
	if diff := cmp.Diff(tree, again); diff != "" {
		t.Errorf("%q prints %q: %s", text, tree, diff)
	}
}
