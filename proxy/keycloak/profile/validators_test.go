package profile

import "testing"

func TestValidators(t *testing.T) {
	for _, c := range []struct {
		kind, config, text string
		ok                 bool
	}{
		{"length", `{"min":3,"max":5}`, "ab", false},
		{"length", `{"min":"3","max":"5"}`, " abc ", true},
		{"length", `{"max":3,"trim-disabled":"true"}`, " abc", false},
		{"length", `{"max":2}`, "😀", true}, // Java counts UTF-16 code units
		{"length", `{"max":1}`, "😀", false},
		{"email", `{}`, "a@b.test", true},
		{"email", `{}`, "a@b@c", false},
		{"email", `{}`, "A <a@b.test>", false},
		{"email", `{}`, "plain", false},
		{"pattern", `{"pattern":"[a-c]+"}`, "abc", true},
		{"pattern", `{"pattern":"[a-c]+"}`, "abcd", false},
		{"pattern", `{"pattern":"(?=java)only"}`, "anything", true},
		{"options", `{"options":["a","b"]}`, "b", true},
		{"options", `{"options":["a","b"]}`, "c", false},
		{"integer", `{"min":1,"max":9}`, "5", true},
		{"integer", `{"min":1,"max":9}`, "10", false},
		{"integer", `{}`, "x", false},
		{"double", `{}`, "1.5", true},
		{"uri", `{}`, "https://x.test/a", true},
		{"uri", `{}`, "javascript:x", false},
		{"iso-date", `{}`, "2026-11-23", true},
		{"iso-date", `{}`, "23.11.2026", false},
		{"username-prohibited-characters", `{}`, "ada@example.com", true},
		{"username-prohibited-characters", `{}`, "a b", false},
		{"username-prohibited-characters", `{}`, "a<b", false},
		{"person-name-prohibited-characters", `{}`, "Anne-Marie O'Hara Ünal", true},
		{"person-name-prohibited-characters", `{}`, "<b>", false},
		{"person-name-prohibited-characters", `{}`, "a\x07", false},
	} {
		if wrong := validators[c.kind](c.text, []byte(c.config)); (wrong == "") != c.ok {
			t.Errorf("%s %s %q: %q", c.kind, c.config, c.text, wrong)
		}
	}
}
