package document_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":[1,2]}`, ` { "b" : [1, 2], "a":1 } `, true},
		{`"é<"`, `"\u00e9\u003c"`, true},
		{`"a/b"`, `"a\/b"`, true},
		{"", "", true},
		{"12345678901234567890", "12345678901234567890", true},
		{"12345678901234567890", "12345678901234567891", false},
		{"[1,2]", "[2,1]", false},
		{`"1"`, "1", false},
		{"null", "", false},
		{"true", "false", false},
		{`{"a":1}`, `{"A":1}`, false},
	} {
		if document.Same(c.a, c.b) != c.same || document.Same(c.b, c.a) != c.same {
			t.Errorf("Same(%s, %s) is not %v", c.a, c.b, c.same)
		}
	}
}

func TestUnassigned(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"": true, "null": true, "[]": true, "[ ]": true, "{}": true, "{ }": true,
		"[null]": false, `{"a":null}`: false, `""`: false, "0": false, "false": false, `"null"`: false,
	} {
		if document.Unassigned(raw) != want {
			t.Errorf("Unassigned(%s) is not %v", raw, want)
		}
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		"":                                nil,
		"[]":                              nil,
		`"x"`:                             {`"x"`},
		`{"a":[1]}`:                       {`{"a":[1]}`},
		`[ 1 , "a,]b" ,{"x": [2]}, null]`: {"1", `"a,]b"`, `{"x": [2]}`, "null"},
	} {
		if diff := cmp.Diff(want, document.Elements(raw)); diff != "" {
			t.Errorf("%s: %s", raw, diff)
		}
	}
}

func TestQuoteAndText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "<b> & \"q\" \\ /", "é\n\t\x00", "true", "12", "日本"} {
		q := document.Quote(s)
		if document.Text(q) != s || bounds.JSON([]byte(q), 1) != nil {
			t.Errorf("%q becomes %s becomes %q", s, q, document.Text(q))
		}
	}
	if q := document.Quote("<&>"); q != `"<&>"` {
		t.Errorf("escaped for HTML: %s", q)
	}
	for _, raw := range []string{"12.50", "1e400", "12345678901234567890", "-0", "true", ""} {
		if got := document.Text(raw); got != raw {
			t.Errorf("the text of %s is %s", raw, got)
		}
	}
	if document.Text("null") != "" {
		t.Error("null is not a text")
	}
}
func TestLowerAndTrim(t *testing.T) {
	for text, want := range map[string]string{"\u0130DA": "i\u0307da", "IDA": "ida", "\u212a": "k", "\u1e9e": "\u00df"} {
		if got := document.Lower(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := document.Trim("\t\u00a0 a b\u3000 \r\n\x00"); got != "\u00a0 a b\u3000" {
		t.Errorf("%q", got)
	}
}
