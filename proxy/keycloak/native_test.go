package keycloak

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestPatchIsMinimal(t *testing.T) {
	f := StockFacts()
	current := document.Must(`{"id":"1","userName":"a?","active":true,"name":{"givenName":"A","familyName":"B","formatted":"A B"},"emails":[{"value":"a@x.test","type":"work","primary":true}],"meta":{"created":"x"}}`)
	for _, c := range []struct {
		name, wanted, ops string
		refused           bool
	}{
		{"nothing", `{"userName":"A?","active":true,"name":{"givenName":"A","familyName":"B"},"emails":[{"value":"h@x.test","type":"home"},{"value":"A@x.test","primary":true}]}`, "", false},
		{"an old name that the profile would not take stays", `{"userName":"a?","title":"T","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"a@x.test"}]}`, "", false},
		{"leaf removals", `{"userName":"a?","emails":[{"value":"a@x.test"}]}`, "remove name.givenName remove name.familyName ", false},
		{"empty is removed", `{"userName":"a?","name":{"givenName":"","familyName":"B"},"emails":[{"type":"work"}]}`, "remove name.givenName remove emails ", false},
		{"primary wins", `{"userName":"a?","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"w@x.test","type":"work"},{"value":"p@x.test","primary":true}]}`, `replace emails [{"type":"work","primary":true,"value":"p@x.test"}] `, false},
		{"a new name is checked", `{"userName":"b?"}`, "", true},
		{"no name", `{"active":true}`, "", true},
		{"empty name", `{"userName":""}`, "", true},
		{"a number for a text", `{"userName":"a?","name":{"givenName":5}}`, "", true},
	} {
		ops, err := f.patch(scim.User, current, document.Must(c.wanted))
		got := ""
		for _, o := range ops {
			got += o.Op + " " + o.Path + " "
			if o.Value != nil {
				got += string(o.Value) + " "
			}
		}
		if got != c.ops || (err != nil) != c.refused {
			t.Errorf("%s: %q %v, want %q", c.name, got, err, c.ops)
		}
	}
}

func TestValidators(t *testing.T) {
	for _, c := range []struct {
		kind, config, text string
		ok                 bool
	}{
		{"length", `{"min":3,"max":5}`, "ab", false},
		{"length", `{"min":"3","max":"5"}`, " abc ", true},
		{"length", `{"max":3,"trim-disabled":"true"}`, " abc", false},
		{"length", `{"max":2}`, "😀", true}, // Java counts UTF-16
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
