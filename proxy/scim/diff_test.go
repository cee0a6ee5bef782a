package scim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A PATCH made by Diff turns one resource into the other if neither has unassigned values.
func TestDiffProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unknown := unknownNames.Draw(t, "unknown")
		stay := unknown[:rapid.IntRange(0, len(unknown)).Draw(t, "stay")]
		old, wanted := userWith(t, "old", unknown), userWith(t, "wanted", stay)
		ops := scim.Diff(old, wanted)
		got, err := scim.CoreSchemas().Apply(scim.User, old, ops)
		if err != nil {
			t.Fatalf("%v\n%s\n%s\n%s", err, old, wanted, ops)
		}
		if !document.Same(got.String(), wanted.String()) {
			t.Fatalf("from %s\n got %s\nwant %s\nby %s", old, got, wanted, ops)
		}
		if again := scim.Diff(got, wanted); len(again) != 0 {
			t.Fatalf("there is a difference from itself: %s", again)
		}
		if scim.Version(scim.User, got, false) != scim.Version(scim.User, wanted, false) {
			t.Fatalf("the versions differ:\n%s\n%s", got, wanted)
		}
	})
}

var (
	text   = rapid.Map(rapid.SampledFrom([]string{"", "a", "B", "é", `"`, `\`, "<&>", "true", "0", "x y"}), document.Quote)
	scalar = rapid.OneOf(text, rapid.SampledFrom([]string{"true", "false", "0", "-1", "1.50", "12345678901234567890", "1e3"}))
	list   = rapid.Map(rapid.SliceOfN(scalar, 1, 3), document.Array)
	deep   = rapid.Custom(func(t *rapid.T) string {
		return object(t, rapid.OneOf(scalar, list, rapid.Just(`{"x":{"y":[1,{"z":"w"}]}}`)), "value", "0", "a.b", "w")
	})
	// loose is a value of an attribute without a schema.
	loose = rapid.OneOf(scalar, list, deep)

	unknownNames = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"shoeSize", "x-1", "favourites"}), func(s string) string { return s })
)

// object has one or more of the names.
func object(t *rapid.T, value *rapid.Generator[string], names ...string) string {
	r := document.Must("{}")
	for _, n := range rapid.Permutation(names).Draw(t, "names")[:rapid.IntRange(1, len(names)).Draw(t, "size")] {
		r = r.With(n, value.Draw(t, n))
	}
	return r.String()
}

// values returns a multi-valued complex attribute with at most one primary value.
func values(t *rapid.T) string {
	var es []string
	primary := rapid.IntRange(-1, 2).Draw(t, "primary")
	for i := range rapid.IntRange(1, 3).Draw(t, "values") {
		e := document.Must(object(t, text, "value", "type", "display"))
		if i == primary {
			e = e.With("primary", "true")
		}
		es = append(es, e.String())
	}
	return document.Array(es)
}

// userWith returns a random user. A PATCH can change or remove an unknown core attribute, but not
// add one, so the wanted user has no others than the old one.
func userWith(t *rapid.T, label string, unknown []string) scim.Resource {
	// userName and active are required: a PATCH cannot remove them.
	r := document.Must(`{"userName":` + text.Draw(t, label+" userName") + `,"active":` + rapid.SampledFrom([]string{"true", "false"}).Draw(t, "active") + `}`)
	for _, a := range []struct {
		name string
		draw func() string
	}{
		{"title", func() string { return text.Draw(t, "title") }},
		{"externalId", func() string { return text.Draw(t, "externalId") }},
		{"name", func() string { return object(t, text, "givenName", "familyName", "formatted") }},
		{"emails", func() string { return values(t) }},
		{"phoneNumbers", func() string { return values(t) }},
		{enterprise, func() string {
			e := document.Must(object(t, text, "department", "costCenter", "employeeNumber"))
			if rapid.Bool().Draw(t, "managed") {
				e = e.With("manager", object(t, text, "value", "$ref"))
			}
			return e.String()
		}},
		{foreign, func() string { return object(t, loose, "a", "b", "a.b", "0") }},
		{"urn:scim:schemas:extension:x:1.0", func() string { return object(t, loose, "a", "b") }},
	} {
		if rapid.Bool().Draw(t, label+" has "+a.name) {
			r = r.With(a.name, a.draw())
		}
	}
	for _, n := range unknown {
		r = r.With(n, loose.Draw(t, n))
	}
	// The order of members and values set by the server do not change a Diff.
	names := rapid.Permutation(r.Names()).Draw(t, label+" order")
	out := document.Must(`{}`)
	for _, n := range names {
		out = out.With(n, r.Raw(n))
	}
	return out
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, wanted, ops string }{
		{"nothing", `{"userName":"a","name":{"givenName":"g"}}`, `{"name": {"givenName":"\u0067"}, "USERNAME":"a"}`, ""},
		{"what the server gives", `{"id":"1","meta":{"created":"c"},"schemas":["s"]}`, `{"id":"2","META":{"created":"d"}}`, ""},
		{"leaves", `{"name":{"givenName":"g","middleName":"m"},"title":"t"}`, `{"name":{"givenName":"h","middleName":"m"}}`, `replace name.givenName "h", remove title`},
		{"lists are one leaf", `{"emails":[{"value":"a"}]}`, `{"emails":[{"value":"a"},{"value":"b"}]}`, `replace emails [{"value":"a"},{"value":"b"}]`},
		{"extension", `{"` + foreign + `":{"a":1,"b":{"c":1}}}`, `{"` + foreign + `":{"b":{"c":2}}}`, "replace " + foreign + ":b.c 2, remove " + foreign + ":a"},
		{"the same name in two places", `{"title":"t","` + enterprise + `":{"title":"t"}}`, `{"title":"t","` + enterprise + `":{"title":"u"}}`, "replace " + enterprise + `:title "u"`},
		{"unassigned is absent", `{"title":"t","nickName":null}`, `{"title":null,"emails":[],"urn:x:1:User":null}`, "remove title"},
		{"another kind", `{"a":1,"b":{"c":1}}`, `{"a":{"c":1},"b":2}`, `replace a {"c":1}, replace b 2`},
		{"another kind, told once", `{"a":1}`, `{"a":{"c":1,"d":2}}`, `replace a {"c":1,"d":2}`},
	} {
		var got []string
		for _, op := range scim.Diff(document.Must(c.old), document.Must(c.wanted)) {
			got = append(got, strings.TrimSpace(string(op.Kind)+" "+op.Path.String()+" "+op.Value))
		}
		if strings.Join(got, ", ") != c.ops {
			t.Errorf("%s: %s, want %s", c.name, strings.Join(got, ", "), c.ops)
		}
	}
}

// Replacements come first, so that no remaining attribute is temporarily removed.
func TestDiffOrder(t *testing.T) {
	t.Parallel()
	var kinds []scim.OpKind
	for _, op := range scim.Diff(document.Must(`{"shoe":{"eu":42},"a":1}`), document.Must(`{"b":1,"shoe":{"us":9}}`)) {
		kinds = append(kinds, op.Kind)
	}
	if want := []scim.OpKind{scim.ReplaceAll, scim.ReplaceAll, scim.Remove, scim.Remove}; !slices.Equal(kinds, want) {
		t.Error(cmp.Diff(want, kinds))
	}
}
