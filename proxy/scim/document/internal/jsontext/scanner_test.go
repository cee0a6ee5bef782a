package jsontext_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim/document/internal/jsontext"
)

func TestWith(t *testing.T) {
	for _, c := range []struct{ object, name, value, want string }{
		{`{}`, "a", "1", `{"a":1}`},
		{`{ }`, "a", "1", `{"a":1}`},
		{`{"b":[{}]}`, "a", "1", `{"b":[{}],"a":1}`},
		{`{"b":2, "A" : {"x":"}"} ,"c":3}`, "a", "1", `{"b":2,"A":1,"c":3}`},
		{`{"\u0061":"\"","b":"\\"}`, "a", "1", `{"\u0061":1,"b":"\\"}`},
		{`{"a":1,"A":2}`, "A", "3", `{"a":3,"A":2}`},
	} {
		if got := jsontext.With(c.object, c.name, c.value); got != c.want {
			t.Errorf("%s: %s, want %s", c.object, got, c.want)
		}
	}
}

func TestDeeper(t *testing.T) {
	for text, depth := range map[string]int{
		"": 0, "1": 0, "[]": 1, `{"a":[]}`: 2, `["[[[[", "\"[["]`: 1, "[[],[],[[]]]": 3, "]]][": 0, strings.Repeat("[", 50): 50,
	} {
		if jsontext.Deeper(text, depth) || depth > 0 && !jsontext.Deeper(text, depth-1) {
			t.Errorf("%s is not nested %d deep", text, depth)
		}
	}
}

// The parts of valid text are those that gjson finds, and other text does no harm.
func FuzzScanner(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `[ ]`, ` {}`, `{"a":1,"b":[1,2]}`, `{ "a" : { "b":"]}" } , "\"" :"\\" }`, `[1e5,-0.5,true,null,"",[[]],{}]`, "[\"\u2028é\"]",
		`{"a`, `{"a"}`, `{"a":}`, `[1`, `["\`, `[}`, `]`, ``, `"`, `[,]`, `{:}`, `[[[`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, want []string
		for s, part := jsontext.Inside(text), ""; ; got = append(got, part) {
			if part = s.Next(); part == "" {
				break
			}
		}
		whole := gjson.Parse(text)
		if !json.Valid([]byte(text)) || whole.Raw != text || !whole.IsArray() && !whole.IsObject() {
			return
		}
		whole.ForEach(func(k, v gjson.Result) bool {
			if whole.IsObject() {
				want = append(want, k.Raw)
			}
			want = append(want, v.Raw)
			return true
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	})
}
