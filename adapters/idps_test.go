package adapters_test

import (
	"net/url"
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// The rows show requests that a provider's own rules change, and requests that they must leave
// alone.
func TestProviders(t *testing.T) {
	for _, c := range []struct {
		idp, method, in, out string
		group                bool
		rules                []string
	}{
		{"entra", "PATCH", patch(`[{"op":"add","path":"members","value":[]}]`), patch(`[{"op":"add","path":"members","value":[]}]`), true, []string{"quiet-groups"}},
		{"generic", "PATCH", patch(`[{"op":"replace","path":"members","value":{}}]`), patch(`[{"op":"replace","path":"members","value":[{}]}]`), true, []string{"member-values"}},
		{"entra", "PATCH", patch(`[{"op":"replace","path":"members","value":[{"value":""}]}]`), patch(`[{"op":"replace","path":"members","value":[{"value":""}]}]`), true, []string{"quiet-groups"}},
		{"onelogin", "PUT", `{"displayName":"G","members":[{"value":""}]}`, patch(`[{"op":"replace","path":"displayName","value":"G"},{"op":"replace","path":"members","value":[{"value":""}]}]`), true, []string{"partial-put", "pathless"}},
		{"entra", "PATCH", patch(`[{"op":"replace","path":"members","value":null}]`), patch(`[{"op":"replace","path":"members","value":null}]`), true, []string{"quiet-groups"}},
		{"entra", "PATCH", patch(`[{"op":"replace","path":"title","value":""},{"op":"replace","path":"name.givenName","value":null}]`), patch(`[{"op":"remove","path":"title"},{"op":"remove","path":"name.givenName"}]`), false, []string{"empty-clears"}},
		{"entra", "PATCH", patch(`[{"op":"replace","path":"emails[type eq \"work\"].value","value":""}]`), patch(`[{"op":"remove","path":"emails[type eq \"work\"]"}]`), false, []string{"empty-clears"}},
		{"entra", "PATCH", patch(`[{"op":"replace","path":"name","value":{"givenName":"","familyName":"F"}}]`), patch(`[{"op":"replace","path":"name","value":{"givenName":null,"familyName":"F"}}]`), false, []string{"empty-clears"}},
		{"entra", "PATCH", patch(`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}]`), patch(`[{"op":"add","path":"emails[type eq \"work\"].value","value":"x"}]`), false, []string{"selected-is-made"}},
		{"entra", "PATCH", patch(`[{"op":"replace","path":"emails[value co \"x\"].value","value":"x"}]`), patch(`[{"op":"replace","path":"emails[value co \"x\"].value","value":"x"}]`), false, nil},
		{"entra", "PATCH", patch(`[{"op":"add","path":"roles","value":[{"value":"{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"A\"}"},{"value":"{no json"}]}]`), patch(`[{"op":"add","path":"roles","value":[{"value":"Admin","display":"A"},{"value":"{no json"}]}]`), false, []string{"roles-in-text"}},
		{"okta", "PATCH", patch(`[{"op":"replace","path":"title","value":""}]`), patch(`[{"op":"replace","path":"title","value":""}]`), false, nil},
		{"okta", "PUT", `{"id":"1","userName":"a","groups":[]}`, `{"id":"1","userName":"a","groups":[]}`, false, nil},
		{"rippling", "PUT", `{"id":"1","userName":"a","emails":null,"phoneNumbers":[],"groups":[],"meta":{},"schemas":["x"]}`, patch(`[{"op":"replace","path":"userName","value":"a"},{"op":"replace","path":"phoneNumbers","value":[]}]`), false, []string{"partial-put", "pathless"}},
		{"onelogin", "PUT", `{"userName":"a","active":""}`, patch(`[{"op":"replace","path":"userName","value":"a"}]`), false, []string{"partial-put", "pathless"}},
		{"onelogin", "POST", `{"userName":"a","active":""}`, `{"userName":"a","active":true}`, false, []string{"active-absent"}},
		{"rippling", "PUT", `{"id":"2","userName":"a"}`, `{"id":"2","userName":"a"}`, false, nil},
		{"rippling", "PUT", `[]`, `[]`, false, nil},
		{"pingone", "PUT", `{"id":"1","displayName":"G","members":[{"value":"7"}]}`, patch(`[{"op":"replace","path":"displayName","value":"G"},{"op":"replace","path":"members","value":[{"value":"7"}]}]`), true, []string{"partial-put", "pathless"}},
		{"pingfederate", "POST", `{"userName":"a","active":true,"emails":[{"type":"home","value":"x","primary":true},{"type":"work","value":"x","primary":true}]}`, `{"userName":"a","active":true,"emails":[{"type":"home","value":"x","primary":false},{"type":"work","value":"x","primary":true}]}`, false, []string{"one-primary"}},
		{"onelogin", "POST", `{"userName":"a","active":true,"title":"","urn:scim:schemas:extension:enterprise:1.0":{"department":"D","manager":{"managerId":"7"}}}`, `{"userName":"a","active":true,"` + enterprise + `":{"department":"D","manager":{"value":"7"}}}`, false, []string{"urn-spelling", "manager-forms", "empty-clears"}},
		{"google", "POST", `{"userName":"a@example.com","active":true}`, `{"userName":"a@example.com","active":true,"emails":[{"value":"a@example.com","type":"work","primary":true}]}`, false, []string{"email-from-user-name"}},
		{"google", "POST", `{"userName":"A <a@example.com>","active":true}`, `{"userName":"A <a@example.com>","active":true}`, false, nil},
	} {
		w := protocol.Request{Method: c.method, Type: scim.User, ID: "1", Body: []byte(c.in), Query: url.Values{}}
		if c.group {
			w.Type = scim.Group
		}
		if c.method == "POST" {
			w.ID = ""
		}
		got, fired := through(c.idp, w)
		if string(got.Body) != c.out || !slices.Equal(fired, c.rules) {
			t.Errorf("%s %s\ngot  %s %v\nwant %s %v", c.idp, c.in, got.Body, fired, c.out, c.rules)
		}
	}
}

func TestProvidersFilters(t *testing.T) {
	for _, c := range []struct{ idp, in, out string }{
		{"generic", `externalId eq jyoung`, `externalId eq jyoung`},
		{"generic", `externalId eq 'jyoung'`, `externalId eq 'jyoung'`},
		{"generic", `active eq True or title eq "eq True"`, `active eq true or title eq "eq True"`},
		{"generic", `title eq NULL and (emails[primary eq FALSE])`, `title eq null and (emails[primary eq false])`},
		{"generic", `active eq True and title eq bare`, `active eq True and title eq bare`},
		{"entra", `externalId eq jyoung`, `externalId eq "jyoung"`},
		{"entra", `externalId eq 'jyoung'`, `externalId eq 'jyoung'`},
		{"entra", `externalId eq jyoung and active eq True`, `externalId eq "jyoung" and active eq true`},
		{"entra", `externalId eq jyoung and active eq "True" and title eq "a eq b"`, `externalId eq "jyoung" and active eq true and title eq "a eq b"`},
		{"generic", `title eq a b`, `title eq a b`},
		{"generic", `id eq "1" and manager eq "2"`, `id eq "1" and ` + enterprise + `:manager.value eq "2"`},
		{"generic", `userName eq "a%40b"`, `userName eq "a%40b"`},
		{"entra", `userName eq "a%40b"`, `userName eq "a%40b" or userName eq "a@b"`},
		{"entra", `userName eq "100%"`, `userName eq "100%"`},
		{"entra", `userName%20eq%20%22a%22`, `userName eq "a"`},
		{"entra", `emails[type eq "work"].value eq "a%40b"`, `emails[type eq "work" and (value eq "a%40b" or value eq "a@b")]`},
	} {
		got, _ := through(c.idp, protocol.Request{Method: "GET", Type: scim.User, Query: url.Values{"filter": {c.in}}})
		if f := got.Query.Get("filter"); f != c.out {
			t.Errorf("%s %s\ngot  %s\nwant %s", c.idp, c.in, f, c.out)
		}
	}
}
