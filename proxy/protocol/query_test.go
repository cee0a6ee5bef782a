package protocol_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/protocol/protocoltest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

func TestDecodeQuery(t *testing.T) {
	t.Parallel()
	all := directory.Query{Type: scim.User, Start: 1, Count: 20}
	with := func(change func(*directory.Query)) directory.Query {
		q := all
		change(&q)
		return q
	}
	for target, want := range map[string]directory.Query{
		"GET ":                        all,
		"GET ?startIndex=0":           all,
		"GET ?startIndex=-5":          all,
		"GET ?startIndex=3":           with(func(q *directory.Query) { q.Start = 3 }),
		"GET ?startIndex=&count=":     all,
		"GET ?startIndex=2147483648":  with(func(q *directory.Query) { q.Start = 2147483647 }),
		"GET ?count=0":                with(func(q *directory.Query) { q.Count = 0 }),
		"GET ?count=-1":               with(func(q *directory.Query) { q.Count = 0 }),
		"GET ?count=7":                with(func(q *directory.Query) { q.Count = 7 }),
		"GET ?count=100000":           with(func(q *directory.Query) { q.Count = 100 }),
		"GET ?sortOrder=sideways":     all,
		"GET ?sortBy=name.familyName": with(func(q *directory.Query) { q.Sort.By = scim.MustPath("name.familyName") }),
		"GET ?sortBy=id&sortOrder=":   with(func(q *directory.Query) { q.Sort.By = scim.MustPath("id") }),
		"GET ?sortBy=id&sortOrder=Descending": with(func(q *directory.Query) {
			q.Sort = directory.Sort{By: scim.MustPath("id"), Descending: true}
		}),
		"GET ?sortBy=id&sortOrder=ASCENDING":             with(func(q *directory.Query) { q.Sort.By = scim.MustPath("id") }),
		"GET ?cursor=":                                   with(func(q *directory.Query) { q.Cursor = new("") }),
		"GET ?cursor=a%2Fb&count=7":                      with(func(q *directory.Query) { q.Cursor, q.Count = new("a/b"), 7 }),
		"GET ?filter=":                                   all,
		`GET ?filter=userName+eq+%22a%22`:                with(func(q *directory.Query) { q.Filter = scim.Equal(scim.MustPath("userName"), "a") }),
		"GET ?attributes=name.givenName":                 with(func(q *directory.Query) { q.Fields.Only = []string{"name"} }),
		"GET ?filter=" + strings.Repeat("a", 37) + "+pr": with(func(q *directory.Query) { q.Filter = scim.Present{Attr: scim.MustPath(strings.Repeat("a", 37))} }),
	} {
		got, _, err := protocoltest.Decoder().Decode(protocoltest.Request(t, target, ""))
		list, ok := got.(protocol.List)
		if err != nil || !ok {
			t.Errorf("%s: %v", target, err)
			continue
		}
		if diff := cmp.Diff(want, list.Query); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
	}
	for target, c := range map[string]struct{ scimType, words string }{
		"GET ?filter=userName":                           {"invalidFilter", "expected an operator"},
		"GET ?filter=" + strings.Repeat("a", 38) + "+pr": {"invalidFilter", "longer than 40 bytes"},
		"GET ?filter=" + strings.Repeat("%C3%A9", 21):    {"invalidFilter", "longer than 40 bytes"},
		"GET ?count=x":                                     {"invalidValue", "count is not an integer"},
		"GET ?count=1.5":                                   {"invalidValue", "count is not an integer"},
		"GET ?startIndex=99999999999999999999":             {"invalidValue", "startIndex is not an integer"},
		"GET ?sortBy=a%20b":                                {"invalidValue", `sortBy: "a b" is not an attribute`},
		"GET ?cursor=a&startIndex=1":                       {"invalidValue", "exclude each other"},
		"GET ?sortBy=id&sortOrder=sideways":                {"invalidValue", "neither ascending nor descending"},
		"GET ?attributes=userName,emails%5Btype%20pr%5D":   {"invalidValue", "is not an attribute"},
		"GET ?attributes=userName&excludedAttributes=1,id": {"invalidValue", `excludedAttributes: "1" is not`},
	} {
		_, _, err := protocoltest.Decoder().Decode(protocoltest.Request(t, target, ""))
		scimtest.Refused(t, target, err, c.scimType, c.words)
	}
}

// A POSTed query is the same call as the GET, whatever the query of its URL is.
func TestDecodeSearch(t *testing.T) {
	t.Parallel()
	const urn = `"schemas":["` + scim.SearchURN + `"]`
	for body, get := range map[string]string{
		`{` + urn + `}`: "GET ",
		`{` + urn + `,"filter":"userName eq \"<a>\"","startIndex":3,"count":7,"sortBy":"userName","sortOrder":"descending","attributes":["title","name.givenName"],"excludedAttributes":["emails"]}`: "GET ?filter=userName+eq+%22%3Ca%3E%22&startIndex=3&count=7&sortBy=userName&sortOrder=descending&attributes=title,name.givenName&excludedAttributes=emails",
		`{"cursor":"","count":7}`:                                                "GET ?cursor=&count=7",
		`{"COUNT":0,"attributes":"title, name"}`:                                 "GET ?count=0&attributes=title,name",
		`{` + urn + `,"filter":null,"attributes":[],"count":null,"unknown":"x"}`: "GET ",
	} {
		got, _, err := protocoltest.Decoder().Decode(protocoltest.Request(t, "POST .search?count=1&filter=bad", body))
		want, _, wantErr := protocoltest.Decoder().Decode(protocoltest.Request(t, get, ""))
		if err != nil || wantErr != nil {
			t.Errorf("%s: %v %v", body, err, wantErr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	for body, c := range map[string]struct{ scimType, words string }{
		``:                                     {"invalidSyntax", "not a JSON object"},
		`[]`:                                   {"invalidSyntax", "not a JSON object"},
		`{"schemas":["` + scim.UserURN + `"]}`: {"invalidSyntax", "schemas does not name"},
		`{"count":"many"}`:                     {"invalidValue", "count is not an integer"},
		`{"count":1.5}`:                        {"invalidValue", "count is not an integer"},
		`{"filter":5}`:                         {"invalidFilter", "the filter is not valid"},
		`{"filter":["a pr","b pr"]}`:           {"invalidFilter", "the filter is not valid"},
		`{"attributes":["a b"]}`:               {"invalidValue", "is not an attribute"},
		`{"filter":"` + strings.Repeat("a", 41) + `"}`: {"invalidFilter", "longer than 40 bytes"},
	} {
		_, _, err := protocoltest.Decoder().Decode(protocoltest.Request(t, "POST .search", body))
		scimtest.Refused(t, body, err, c.scimType, c.words)
	}
}

// Without a type, only a search over all types is possible.
func TestDecodeSearchOverAllTypes(t *testing.T) {
	t.Parallel()
	want := protocol.List{Query: directory.Query{Filter: scim.Present{Attr: scim.MustPath("userName")}, Start: 1, Count: 20}}
	for target, body := range map[string]string{"GET ?filter=userName+pr": "", "POST .search": `{"filter":"userName pr"}`} {
		w := protocoltest.Request(t, target, body)
		w.Type = ""
		got, _, err := protocoltest.Decoder().Decode(w)
		if diff := cmp.Diff(protocol.Call(want), got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", target, err, diff)
		}
	}
	for _, target := range []string{"POST ", "GET 7", "PUT 7", "PATCH 7", "DELETE 7"} {
		w := protocoltest.Request(t, target, `{}`)
		w.Type = ""
		if _, _, err := protocoltest.Decoder().Decode(w); err == nil || scim.Status(err) != 405 {
			t.Errorf("%s: %v", target, err)
		}
	}
}
