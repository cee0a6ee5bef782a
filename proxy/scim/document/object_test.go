package document_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// An Object and a Resource give the same text and the same values after the same changes.
func TestObjectIsTheResource(t *testing.T) {
	t.Parallel()
	names := rapid.SampledFrom([]string{"a", "A", "b", "a.b", "é", "É", "ſ", "S", "K", "k", "name", "NAME", foreign, strings.ToUpper(foreign), "urn:x:User"})
	values := rapid.SampledFrom([]string{"", "null", "1", `"x"`, "[]", "[1, 2]", "{}", `{"a" : 1, "A":2}`, `{"a":{"b":1},"k":2}`})
	rapid.Check(t, func(t *rapid.T) {
		var parts []string
		for i, n := range rapid.SliceOfDistinct(names, strings.ToUpper).Draw(t, "names") {
			if v := values.Draw(t, fmt.Sprint(i)); v != "" {
				parts = append(parts, document.Quote(n)+": "+v)
			}
		}
		if rapid.Bool().Draw(t, "many") {
			parts = append(parts, scimtest.Numbered(20, `"m#":0`))
		}
		r, err := scim.ParseResource([]byte("{" + strings.Join(parts, ", ") + "}"))
		if err != nil {
			t.Skip(err)
		}
		o := r.Object()
		if o.String() != r.String() || o.Resource().String() != r.String() {
			t.Fatalf("untouched, %s is %s", r, o)
		}
		for range rapid.IntRange(0, 20).Draw(t, "changes") {
			p := scim.AttrPath{Name: names.Draw(t, "name")}
			if rapid.Bool().Draw(t, "sub") {
				p.Sub = names.Draw(t, "sub name")
			}
			if rapid.Bool().Draw(t, "urn") {
				p.URN = names.Draw(t, "urn name")
			}
			raw := values.Draw(t, "value")
			before := r
			r = r.Set(p, raw)
			o.Set(p, raw)
			for _, at := range []scim.AttrPath{p, p.Top(), {Name: p.Name}} {
				if want := r.Get(at); !document.Same(o.Get(at), want) && o.Get(at) != want {
					t.Fatalf("%+v of %s: %s, want %s", at, r, o.Get(at), want)
				}
			}
			if compact(o.String()) != compact(r.String()) {
				t.Fatalf("%+v = %s in %s\n is %s\nwant %s", p, raw, before, o, r)
			}
		}
	})
}

// compact returns JSON without white space, because a Resource rewrites an object even without
// changes.
func compact(text string) string {
	b, err := json.Marshal(json.RawMessage(text))
	if err != nil {
		return text
	}
	return string(b)
}

// Of names that differ only in case, the first existing one is used.
func TestObjectTwins(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"", "," + scimtest.Numbered(40, `"m#":0`)} {
		o := document.Must(`{"u":{"a":1,"A":2,"á":3,"Á":4` + more + `}}`).Object()
		at := scim.MustPath("u.a")
		o.Set(at, "5")
		if got := o.Get(at); got != "5" {
			t.Errorf("set: %s", got)
		}
		for _, want := range []string{"2", ""} {
			if o.Set(at, ""); o.Get(at) != want {
				t.Errorf("removed: %s, want %s", o.Get(at), want)
			}
		}
		o.Set(at, "6")
		if got, want := o.String(), `{"u":{"á":3,"Á":4`+more+`,"a":6}}`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Names that are equal for strings.EqualFold are one name, also if their lower case differs.
func TestNamesInAnyCase(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"userName", "USERNAME"}, {"s", "ſ"}, {"k", "\u212a"}, {"Σ", "ς"}, {"σ", "ς"}, {"é", "É"}, {"ǅ", "ǆ"}} {
		for _, more := range []string{"", "," + scimtest.Numbered(40, `"m#":0`)} {
			_, err := scim.ParseResource([]byte(`{"` + c[0] + `":1,"` + c[1] + `":2` + more + `}`))
			scimtest.Refused(t, c[0], err, "invalidSyntax", "given twice")
			r := document.Must(`{"` + c[0] + `":1` + more + `}`)
			if got := r.Object().Get(scim.AttrPath{Name: c[1]}); got != "1" || r.Raw(c[1]) != "1" {
				t.Errorf("%s is not found as %s: %q %q", c[0], c[1], got, r.Raw(c[1]))
			}
			if left := r.Without(c[1]); left.Raw(c[0]) != "" {
				t.Errorf("%s stays without %s", c[0], c[1])
			}
		}
	}
}

// Text that was not checked before is refused. A stack overflow would end the process.
func TestParseResourceIsNoBomb(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"[", `{"a":`} {
		_, err := scim.ParseResource([]byte(`{"a":` + strings.Repeat(unit, 12<<20)))
		scimtest.Refused(t, unit, err, "invalidSyntax", "not a JSON object")
	}
}

// Canonical returns the text that encoding/json writes, because versions are hashes of it.
func TestCanonical(t *testing.T) {
	t.Parallel()
	word := rapid.Map(rapid.SampledFrom([]string{"", "a", "B", "é", `"`, `\`, "<&>", "\u2028", "\x01", "日本", "/"}), document.Quote)
	leaf := rapid.OneOf(word, rapid.SampledFrom([]string{"true", "null", "0", "-1", "1.50", "12345678901234567890", "1e3", `"\u00e9\/"`, `"\ud83d\ude00"`, `"\ud800"`}))
	var value *rapid.Generator[string]
	value = rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return "[ " + strings.Join(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[string] { return value }), 0, 3).Draw(t, "elements"), " ,\n") + "]"
		case 1:
			var ms []string
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				ms = append(ms, word.Draw(t, "name")+" : "+value.Draw(t, "value"))
			}
			return "{\t" + strings.Join(ms, ",") + "}"
		}
		return leaf.Draw(t, "leaf")
	})
	rapid.Check(t, func(t *rapid.T) {
		raw := value.Draw(t, "value")
		d := json.NewDecoder(strings.NewReader(raw))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := document.Canonical(raw); got != string(want) {
			t.Fatalf("%s\n is %s\nwant %s", raw, got, want)
		}
	})
}

// Map does to an Object what it does to a Resource. A change of white space is not a change.
func TestObjectMap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, want string
		change   func(name, raw string) (string, string)
	}{
		{`{"a":1,"b":2}`, `{"a":1,"b":2}`, func(n, r string) (string, string) { return n, r }},
		{`{ "a" : [1, 2] }`, `{ "a" : [1, 2] }`, func(n, _ string) (string, string) { return n, "[1,2]" }},
		{`{"a":"x y"}`, `{"a":"xy"}`, func(n, _ string) (string, string) { return n, `"xy"` }},
		{`{"a":"\" x"}`, `{"a":"\"x"}`, func(n, _ string) (string, string) { return n, `"\"x"` }},
		{`{"a":[1,2]}`, `{"a":[1,22]}`, func(n, _ string) (string, string) { return n, "[1,22]" }},
		{`{"a":1,"b":2}`, `{"b":2}`, func(n, r string) (string, string) { return strings.TrimPrefix(n, "a"), r }},
		{`{"a":1,"b":2}`, `{"c":1}`, func(_, r string) (string, string) { return "c", r }},
		{`{"a":1,"B":2}`, `{"a":1,"b":2}`, func(n, r string) (string, string) { return strings.ToLower(n), r }},
	} {
		r := document.Must(c.in)
		o := r.Object()
		o.Map(c.change)
		if o.String() != c.want {
			t.Errorf("%s: %s, want %s", c.in, o, c.want)
		}
		if got := r.Map(c.change).String(); compact(got) != compact(c.want) {
			t.Errorf("%s: the resource is %s", c.in, got)
		}
		o.Put("z", "1")
		if o.Raw("Z") != "1" {
			t.Errorf("%s: nothing can be set afterwards: %s", c.in, o)
		}
	}
}
