package profile

import (
	"encoding/json"
	"strings"
	"testing"
)

// What Keycloak 26.7.3 answered to a POST with each of the addresses.
func TestEmail(t *testing.T) {
	for ok, texts := range map[bool][]string{
		true: {
			"a@b", "a@b.test", "a@127.0.0.1", "ä@b.com", "a@ä.com", "日本@例え.jp", `"a b"@c.com`, `"a"@c.com`, `a."b c".d@c.com`, `"a@b"@c.com`, "a@[127.0.0.1]", "a@[IPv6:::1]",
			"a+b@c.com", "a/b@c.com", "a'b@c.com", "a`b@c.com", "a{b@c.com", "a|b@c.com", "a@b!c.com", "a@b+c.com", "a@b/c.com", "a@b'c.com", "a@b*c.com", "a@b#c.com", "a@b~c.com",
			"a@%.com", "a@b。com", "a@１.com", "a@xn--4ca.com", "a@a--b.com", "A@B.C", "a\u00a0b@c.com", "a@b\u00a0c.com", "\u0080@c.com",
			"a@" + strings.Repeat("b", 63) + ".com", strings.Repeat("a", 64) + "@c.com", strings.Repeat("ä", 64) + "@c.com", "a@" + strings.Repeat("b.", 120) + "com",
		},
		false: {
			"", "plain", "@c.com", "a@", "a@.com", "a@b_c.com", "a@_b.com", "a@b__c.com", "a..b@c.com", ".a@b.com", "a.@b.com", "a@-b.com", "a@b-.com", "a@b..com", "a@b.com.", "a@b.．com",
			"a b@c.com", "A <a@b.com>", "a@b@c.com", "a(b)@c.com", "a,b@c.com", "a:b@c.com", "a@b c.com", "a@b.com ", " a@b.com", "a\x7fb@c.com", `"a@c.com`, "\"a\x01b\"@c.com", `a@b"c.com`,
			"a@[1]", "a@[IPv6:zz]", "a@[IPv6:127.0.0.1]", "a@[127.0.0.1", "😀@c.com", "a@😀.com", "a@xn--.com", "a@\u200d.com", "a@\u0080.com", "a@\u00ad.com",
			"a@" + strings.Repeat("b", 64) + ".com", strings.Repeat("a", 65) + "@c.com", strings.Repeat("ä", 65) + "@c.com", "a@" + strings.Repeat("b.", 130) + "com",
		},
	} {
		for _, text := range texts {
			if wrong := checkEmail(text, nil); (wrong == "") != ok {
				t.Errorf("%q: %q", text, wrong)
			}
		}
	}
}

// An attribute without a validator of its length has the default limit.
func TestDefaultLength(t *testing.T) {
	for _, c := range []struct {
		validations, text string
		ok                bool
	}{
		{"", strings.Repeat("é", 2048), true},
		{"", strings.Repeat("é", 2049), false},
		{"", strings.Repeat("😀", 1024), true},
		{"", strings.Repeat("😀", 1024) + "x", false},
		{"", strings.Repeat("x", 2048) + "  ", true},
		{`{"pattern":{"pattern":".*"}}`, strings.Repeat("x", 2049), false},
		{`{"length":{"max":5000}}`, strings.Repeat("x", 5000), true},
		{`{"length":{"max":5000}}`, strings.Repeat("x", 5001), false},
		{`{"length":{"min":2}}`, strings.Repeat("x", 5000), true},
	} {
		a := attribute{Name: "title"}
		if c.validations != "" {
			if err := json.Unmarshal([]byte(c.validations), &a.Validations); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.check(c.text); (err == nil) != c.ok {
			t.Errorf("%s, %d bytes: %v", c.validations, len(c.text), err)
		}
	}
}
