package protocol_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/protocol/protocoltest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// The names in a request are counted before any rule of a dialect runs.
func TestBoundsComeBeforeTheRules(t *testing.T) {
	t.Parallel()
	ran := false
	d := protocoltest.Decoder(protocol.Rule{Name: "any", Request: func(*protocol.Message) bool { ran = true; return false }})
	d.MaxFilter = 16 << 10
	many, most := scim.MaxAttributes+1, scim.MaxAttributes
	ops := func(n int, one string) string { return protocoltest.Patch("[" + scimtest.Numbered(n, one) + "]") }
	ext := func(n int) string { return `{"` + foreign + `":{` + scimtest.Numbered(n, `"a#":0`) + `}}` }
	for _, c := range []struct {
		name, target, body, scimType, words string
		allowed                             string // the same, but not too much
	}{
		{"attributes of a user", "POST ", ext(many), "tooMany", "names more than 5000 attributes", ext(most)},
		{"attributes of a replaced user", "PUT 7", " " + ext(many), "tooMany", "names more than 5000 attributes", ext(most)},
		{"in two places", "PUT 7", `{"name":{` + scimtest.Numbered(3000, `"a#":0`) + `},` + ext(3000)[1:], "tooMany", "5000 attributes", `{"name":{` + scimtest.Numbered(3000, `"a#":null`) + `},` + ext(3000)[1:]},
		{"operations", "PATCH 7", ops(many, `{"op":"add","path":"title","value":"#"}`), "tooMany", "5000 attributes", ops(most, `{"op":"add","path":"title","value":"#"}`)},
		{"operations in any case", "PATCH 7", `{"OPERATIONS":[` + scimtest.Numbered(many, `{"PATH":"title"}`) + "]}", "tooMany", "5000 attributes", ""},
		{"attributes without a path", "PATCH 7", protocoltest.Patch(`[{"op":"add","value":` + ext(many) + `}]`), "tooMany", "5000 attributes", protocoltest.Patch(`[{"op":"add","value":` + ext(most) + `}]`)},
		{"operations without a path", "PATCH 7", ops(2501, `{"op":"add","value":{"title":"a","nickName":"b"}}`), "tooMany", "5000 attributes", ops(2500, `{"op":"add","value":{"title":"a","nickName":"b"}}`)},
		{"names", "GET 7?attributes=" + scimtest.Numbered(101, "a#") + "&excludedAttributes=" + scimtest.Numbered(100, "b#"), "", "invalidValue", "more than 200 attributes", ""},
		{"names in many parameters", "GET ?" + strings.ReplaceAll(scimtest.Numbered(201, "attributes=a#"), ",", "&"), "", "invalidValue", "more than 200 attributes", ""},
		{"an id", "PUT " + strings.Repeat("x", 1025), "{}", "invalidValue", "longer than 1024 bytes", ""},
		{"a filter", "GET ?filter=" + strings.Repeat("a", 16<<10) + "+pr", "", "invalidFilter", "longer than 16384 bytes", ""},
		{"a posted filter", "POST .search", `{"filter":"` + strings.Repeat("a", 16<<10) + ` pr"}`, "invalidFilter", "longer than 16384 bytes", ""},
	} {
		ran = false
		_, _, err := d.Decode(protocoltest.Request(t, c.target, c.body))
		scimtest.Refused(t, c.name, err, c.scimType, c.words)
		if ran {
			t.Errorf("%s: a rule ran before it was counted", c.name)
		}
		if c.allowed == "" {
			continue
		}
		if _, _, err := d.Decode(protocoltest.Request(t, c.target, c.allowed)); err != nil {
			t.Errorf("%s: what is allowed is refused: %v", c.name, err)
		}
	}
}

// The members of a group are not counted as attributes, in any form that dialects repair.
func TestMembersAreNotCounted(t *testing.T) {
	t.Parallel()
	for _, one := range []string{
		`{"op":"add","path":"members","value":[{"value":"#"}]}`,
		`{"op":"Remove","path":"Members[value eq \"#\"]"}`,
		`{"op":"add","path":"` + scim.GroupURN + `:members","value":[{"value":"#"}]}`,
		`{"op":"add","value":{"members":[{"value":"#"}]}}`,
	} {
		w := protocoltest.Request(t, "PATCH 7", protocoltest.Patch("["+scimtest.Numbered(20_000, one)+"]"))
		w.Type = scim.Group
		if _, _, err := protocoltest.Decoder().Decode(w); err != nil && strings.Contains(err.Error(), "tooMany") {
			t.Errorf("%s: %v", one, err)
		}
		w.Type = scim.User
		_, _, err := protocoltest.Decoder().Decode(w)
		scimtest.Refused(t, one, err, "tooMany")
	}
	for _, one := range []string{`{"op":"add","path":"membersOf","value":"#"}`, `{"op":"add","path":"displayName","value":"#"}`} {
		w := protocoltest.Request(t, "PATCH 7", protocoltest.Patch("["+scimtest.Numbered(20_000, one)+"]"))
		w.Type = scim.Group
		_, _, err := protocoltest.Decoder().Decode(w)
		scimtest.Refused(t, one, err, "tooMany")
	}
}

func TestTermsOfAFilter(t *testing.T) {
	t.Parallel()
	d := protocoltest.Decoder()
	d.MaxFilter = 16 << 10
	filter := func(n int, one, between string) string {
		return "GET ?filter=" + strings.ReplaceAll(strings.ReplaceAll(scimtest.Numbered(n, one), ",", between), " ", "+")
	}
	for _, one := range []string{`a# pr`, `a# eq 1`, `not (a# pr)`, `b[a# eq 1]`, `b[a pr].a# pr`} {
		most := protocol.MaxTerms
		if strings.HasPrefix(one, "b[a ") {
			most /= 2
		}
		for _, between := range []string{" or ", " and "} {
			if _, _, err := d.Decode(protocoltest.Request(t, filter(most, one, between), "")); err != nil {
				t.Errorf("%s: %v", one, err)
			}
			_, _, err := d.Decode(protocoltest.Request(t, filter(most+1, one, between), ""))
			scimtest.Refused(t, one, err, "invalidFilter", "more than 200 comparisons")
		}
	}
}
