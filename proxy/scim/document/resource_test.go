package document_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// odd must survive byte for byte. It has names and values that JSON path languages misread.
const odd = `{"urn:example:2.0:User" : {"a.b": 1.50, "0":["x"] ,"*":"?", "#":{"1":2}}, "note":"<b> & \u003c \u00e9 é \/", "big":12345678901234567890.00, "Title" :null}`

func TestParseResource(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "null", "[]", "[{}]", `"x"`, "{", `{"a":1}x`, "{a:1}"} {
		_, err := scim.ParseResource([]byte(bad))
		scimtest.Refused(t, bad, err, "invalidSyntax", "not a JSON object")
	}
	r, err := scim.ParseResource([]byte(" \n" + odd))
	if err != nil || r.String() != odd {
		t.Errorf("%v: %s", err, r)
	}
}

func TestNamesThatDifferOnlyInCase(t *testing.T) {
	t.Parallel()
	_, err := scim.ParseResource([]byte(`{"userName":"a","title":1,"USERNAME":"b"}`))
	scimtest.Refused(t, "twice", err, "invalidSyntax", `"USERNAME" is given twice`)

	r := document.Must(`{"UserName":"a","NAME":{"GivenName":"g"},"URN:EXAMPLE:2.0:USER":{"X":1}}`)
	if r.Raw("username") != `"a"` || r.Get(scim.MustPath("name.givenname")) != `"g"` || r.Get(scim.MustPath(foreign+":x")) != "1" {
		t.Errorf("not found: %s", r)
	}
	r = r.With("userName", `"b"`).Set(scim.MustPath("name.givenName"), `"h"`).Set(scim.MustPath(foreign+":x"), "2")
	if want := `{"UserName":"b","NAME":{"GivenName":"h"},"URN:EXAMPLE:2.0:USER":{"X":2}}`; r.String() != want {
		t.Errorf("a second member was made, or one was respelled: %s", r)
	}
}

func TestUntouchedValuesSurvive(t *testing.T) {
	t.Parallel()
	r := document.Must(odd).With("title", `"T"`)
	for name, want := range map[string]string{
		foreign: `{"a.b": 1.50, "0":["x"] ,"*":"?", "#":{"1":2}}`,
		"note":  `"<b> & \u003c \u00e9 é \/"`,
		"big":   "12345678901234567890.00",
		"title": `"T"`,
	} {
		if got := r.Raw(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	r = r.Set(scim.MustPath(foreign+":new"), `"<&>"`)
	if got, want := r.Raw(foreign), `{"a.b":1.50,"0":["x"],"*":"?","#":{"1":2},"new":"<&>"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if want := `{"` + foreign + `":`; r.String()[:len(want)] != want {
		t.Errorf("the dots of the URN: %s", r)
	}
}

// In a path language "0" is an index, "a.b" two steps, "*" a pattern and "#" a count. Here they are
// names.
func TestNamesAreNotPaths(t *testing.T) {
	t.Parallel()
	r := document.Must(odd)
	for name, want := range map[string]string{"a.b": "1.50", "0": `["x"]`, "*": `"?"`, "#": `{"1":2}`} {
		at := scim.AttrPath{URN: foreign, Name: name}
		if got := r.Get(at); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
		if got := r.Set(at, "7").Get(at); got != "7" {
			t.Errorf("%s was set to 7 and is %s", name, got)
		}
	}
	if got := r.Get(scim.AttrPath{URN: foreign, Name: "0", Sub: "0"}); got != "" {
		t.Errorf("an element by its number: %s", got)
	}
	got := document.Must(`{"list":["a"]}`).Set(scim.AttrPath{Name: "list", Sub: "0"}, `"b"`)
	if want := `{"list":{"0":"b"}}`; got.String() != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, at, raw, want string }{
		{"new", `{}`, "title", `"x"`, `{"title":"x"}`},
		{"over", `{"a":1,"title":"x","b":2}`, "title", `[1]`, `{"a":1,"title":[1],"b":2}`},
		{"remove", `{"a":1,"title":"x","b":2}`, "title", "", `{"a":1,"b":2}`},
		{"remove what is not there", `{ "a":1 }`, "title", "", `{ "a":1 }`},
		{"makes the object", `{}`, "name.givenName", `"g"`, `{"name":{"givenName":"g"}}`},
		{"makes two", `{}`, enterprise + ":manager.value", `"m"`, `{"` + enterprise + `":{"manager":{"value":"m"}}}`},
		{"over a scalar", `{"name":"x"}`, "name.givenName", `"g"`, `{"name":{"givenName":"g"}}`},
		{"over null", `{"name":null}`, "name.givenName", `"g"`, `{"name":{"givenName":"g"}}`},
		{"remove below a scalar", `{"name":"x"}`, "name.givenName", "", `{"name":"x"}`},
		{"remove below nothing", `{}`, "name.givenName", "", `{}`},
		{"keeps the neighbour", `{"name":{"a":1,"givenName":2}}`, "name.givenName", "", `{"name":{"a":1}}`},
		{"emptied", `{"a":1,"name":{"givenName":2}}`, "name.givenName", "", `{"a":1}`},
		{"emptied twice", `{"` + enterprise + `":{"manager":{"value":1}},"a":1}`, enterprise + ":manager.value", "", `{"a":1}`},
		{"a whole extension", `{"` + enterprise + `":{"manager":{"value":1}},"a":1}`, enterprise, "", `{"a":1}`},
		{"in an extension only", `{"title":"core"}`, foreign + ":title", `"x"`, `{"title":"core","` + foreign + `":{"title":"x"}}`},
	} {
		before := document.Must(c.in)
		after := before.Set(scim.MustPath(c.at), c.raw)
		if after.String() != c.want || before.String() != c.in {
			t.Errorf("%s: %s, want %s (from %s)", c.name, after, c.want, before)
		}
	}
	if got := document.Must(odd).Set(scim.AttrPath{}, "1"); got.String() != odd {
		t.Errorf("no path leads nowhere: %s", got)
	}
}

func TestZeroResource(t *testing.T) {
	t.Parallel()
	var none scim.Resource
	if !none.IsZero() || none.ID() != "" || len(none.Names()) != 0 || none.Get(scim.MustPath("name.givenName")) != "" {
		t.Error("the zero resource has something")
	}
	if got := none.With("a", "1").Set(scim.MustPath("b.c"), "2").Without("a").String(); got != `{"b":{"c":2}}` {
		t.Errorf("built from nothing: %s", got)
	}
	text, err := json.Marshal([]scim.Resource{{}, document.Must(`{"id":"1"}`)})
	if err != nil || string(text) != `[null,{"id":"1"}]` {
		t.Errorf("%s %v", text, err)
	}
}

func TestLeaves(t *testing.T) {
	t.Parallel()
	r := document.Must(`{"userName":"a","x":null,"name":{"givenName":"g","middleName":null,"q":{}},"emails":[{"value":"e"}],"empty":[],"none":{},
"` + enterprise + `":{"department":"d","manager":{"value":"m","deep":{"a":1}},"organization":null},"` + foreign + `":{},"urn:null:1:User":null,"urn:odd:1:User":7}`)
	var got []string
	for l := range r.Leaves() {
		got = append(got, l.Path.String()+" "+l.Raw)
	}
	want := []string{
		`userName "a"`, `name.givenName "g"`, `emails [{"value":"e"}]`,
		enterprise + `:department "d"`, enterprise + `:manager.value "m"`, enterprise + `:manager.deep {"a":1}`, "urn:odd:1:User 7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAssigned(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`: `{}`,
		`{"a":null,"b":[],"c":{},"d":false,"e":"","f":[null]}`:                             `{"d":false,"e":"","f":[null]}`,
		`{"name":{"givenName":null,"x":{}},"t":1}`:                                         `{"t":1}`,
		`{"name":{ "givenName":"g", "x":[]}}`:                                              `{"name":{"givenName":"g"}}`,
		`{"` + foreign + `":{"a":{"b":null},"c":{"d":{"e":null}}}}`:                        `{"` + foreign + `":{"c":{"d":{"e":null}}}}`,
		`{"` + foreign + `":{"a":null},"urn:b:1:User":null}`:                               `{}`,
		`{"emails":[{"value":"x","type":null}]}`:                                           `{"emails":[{"value":"x","type":null}]}`,
		`{"` + foreign + `":{"a":1,"A":2},"name":{"x":1,"X":null,"familyName":" \u00e9"}}`: `{"` + foreign + `":{"a":2},"name":{"x":1,"familyName":" \u00e9"}}`,
	} {
		if got := document.Must(in).Assigned().String(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
