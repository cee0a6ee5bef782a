package adapters_test

import (
	"net/url"
	"slices"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// normalise runs the rules of a dialect as Decode does.
func normalise(w protocol.Request) (protocol.Request, []string) {
	return adapters.For("generic").Normalise(scim.CoreSchemas(), w)
}

func patch(ops string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":` + ops + `}`
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

var cases = []struct {
	name, method, in, out string
	rules                 []string
}{
	{"op case", "PATCH", patch(`[{"op":"Replace","path":"title","value":"x"}]`), patch(`[{"op":"replace","path":"title","value":"x"}]`), []string{"op-names"}},
	{"delete", "PATCH", patch(`[{"op":"Delete","path":"title"}]`), patch(`[{"op":"remove","path":"title"}]`), []string{"op-names"}},
	{"shape", "PATCH", `{"operations":{"op":"add","path":"title","value":"x","comment":1},"id":"1"}`, patch(`[{"op":"add","path":"title","value":"x"}]`), []string{"patch-shape"}},
	{"text boolean", "PATCH", patch(`[{"op":"replace","path":"active","value":"False"}]`), patch(`[{"op":"replace","path":"active","value":false}]`), []string{"text-booleans"}},
	{"no truthiness", "PATCH", patch(`[{"op":"replace","path":"active","value":"yes"}]`), patch(`[{"op":"replace","path":"active","value":"yes"}]`), nil},
	{"boolean in a filter", "PATCH", patch(`[{"op":"replace","path":"roles[primary eq \"True\"].value","value":"x"}]`), patch(`[{"op":"replace","path":"roles[primary eq true].value","value":"x"}]`), []string{"text-booleans"}},
	{"words in a path", "PATCH", patch(`[{"op":"replace","path":"emails[type eq work and primary eq True].value","value":"x"}]`), patch(`[{"op":"replace","path":"emails[type eq \"work\" and primary eq true].value","value":"x"}]`), []string{"bare-literals"}},
	{"words in a key", "PATCH", patch(`[{"op":"replace","value":{"emails[type eq work].value":"x"}}]`), patch(`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}]`), []string{"pathless", "bare-literals"}},
	{"single quotes in a path", "PATCH", patch(`[{"op":"replace","path":"emails[type eq 'work'].value","value":"x"}]`), patch(`[{"op":"replace","path":"emails[type eq 'work'].value","value":"x"}]`), nil},
	{"core object", "PUT", `{"userName":"a","urn:ietf:params:scim:schemas:core:2.0:user":{"UserName":"b","title":"t"}}`, `{"userName":"a","title":"t"}`, []string{"urn-spelling", "core-object"}},
	{"no core object", "PUT", `{"userName":"a","urn:ietf:params:scim:schemas:core:2.0:User":null}`, `{"userName":"a"}`, []string{"core-object"}},
	{"core object in a patch", "PATCH", patch(`[{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User","value":{"title":"t","meta":{}}}]`), patch(`[{"op":"add","path":"title","value":"t"}]`), []string{"pathless"}},
	{"read-only parts", "PATCH", patch(`[{"op":"add","value":{"` + enterprise + `:manager.displayName":"d","meta.location":"x","title":"t"}}]`), patch(`[{"op":"add","path":"title","value":"t"}]`), []string{"pathless"}},
	{"core URN", "PATCH", patch(`[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:USERNAME","value":"x"}]`), patch(`[{"op":"replace","path":"userName","value":"x"}]`), []string{"attribute-names"}},
	{"dotted URN", "PATCH", patch(`[{"op":"replace","path":"` + enterprise + `.department","value":"x"}]`), patch(`[{"op":"replace","path":"` + enterprise + `:department","value":"x"}]`), []string{"urn-spelling"}},
	{
		"path-less", "PATCH", patch(`[{"op":"replace","value":{"id":"1","displayName":"d","name.givenName":"g","emails[type eq \"work\"].value":"w","` + enterprise + `:employeeNumber":"7","` + enterprise + `":{"costCenter":"c"},"urn:x:1:User":{"a":{"b":1}}}}]`),
		patch(`[{"op":"replace","path":"displayName","value":"d"},{"op":"replace","path":"name.givenName","value":"g"},{"op":"replace","path":"emails[type eq \"work\"].value","value":"w"},{"op":"replace","path":"` + enterprise + `:employeeNumber","value":"7"},{"op":"replace","path":"` + enterprise + `:costCenter","value":"c"},{"op":"replace","path":"urn:x:1:User","value":{"a":{"b":1}}}]`),
		[]string{"pathless"},
	},
	{"path-less active", "PATCH", patch(`[{"op":"replace","value":{"active":"False"}}]`), patch(`[{"op":"replace","path":"active","value":false}]`), []string{"pathless", "text-booleans"}},
	{"password", "PATCH", patch(`[{"op":"replace","value":{"password":"s3cret"}}]`), patch(`[]`), []string{"pathless", "password-dropped"}},
	{"post", "POST", `{"UserName":"a","Password":"s3cret","Emails":[{"Value":"x","Primary":"true"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"Department":"d"}}`, `{"userName":"a","emails":[{"value":"x","primary":true}],"` + enterprise + `":{"department":"d"},"active":true}`, []string{"urn-spelling", "attribute-names", "text-booleans", "active-absent", "password-dropped"}},
	{"put keeps its silence", "PUT", `{"userName":"a"}`, `{"userName":"a"}`, nil},
	{"unknown stays", "PUT", `{"userName":"a","Foo":{"Bar":1},"urn:x:1:User":{"Q":null}}`, `{"userName":"a","Foo":{"Bar":1},"urn:x:1:User":{"Q":null}}`, nil},
	{"white space is no change", "PUT", " { \"userName\" : \"a\",\n\"emails\":[ { \"value\":\"x\" , \"primary\":true } ] }", " { \"userName\" : \"a\",\n\"emails\":[ { \"value\":\"x\" , \"primary\":true } ] }", nil},
	{"white space in a PATCH", "PATCH", "{ \"schemas\": [ \"urn:ietf:params:scim:api:messages:2.0:PatchOp\" ], \"Operations\" : [ { \"op\" : \"add\", \"path\": \"title\", \"value\": \"x\" } ] }", "{ \"schemas\": [ \"urn:ietf:params:scim:api:messages:2.0:PatchOp\" ], \"Operations\" : [ { \"op\" : \"add\", \"path\": \"title\", \"value\": \"x\" } ] }", nil},
	{"manager as an id", "PATCH", patch(`[{"op":"add","path":"manager","value":"7"}]`), patch(`[{"op":"add","path":"` + enterprise + `:manager","value":{"value":"7"}}]`), []string{"manager-forms"}},
	{"manager in an array", "PATCH", patch(`[{"op":"add","path":"manager","value":[{"$ref":"../Users/7","value":"7"}]}]`), patch(`[{"op":"add","path":"` + enterprise + `:manager","value":{"$ref":"../Users/7","value":"7"}}]`), []string{"manager-forms"}},
	{"no manager", "PATCH", patch(`[{"op":"replace","path":"` + enterprise + `:manager","value":""}]`), patch(`[{"op":"remove","path":"` + enterprise + `:manager"}]`), []string{"manager-forms"}},
	{"no manager is added", "PATCH", patch(`[{"op":"add","path":"` + enterprise + `:manager","value":""}]`), patch(`[{"op":"add","path":"` + enterprise + `:manager","value":null}]`), []string{"manager-forms"}},
	{"two managers stay wrong", "PATCH", patch(`[{"op":"add","path":"` + enterprise + `:manager","value":["7","8"]}]`), patch(`[{"op":"add","path":"` + enterprise + `:manager","value":["7","8"]}]`), nil},
	{"manager in a body", "PUT", `{"userName":"a","manager":{"managerId":"7","displayName":"B"}}`, `{"userName":"a","` + enterprise + `":{"manager":{"value":"7","displayName":"B"}}}`, []string{"manager-forms"}},
	{"one e-mail", "PUT", `{"userName":"a","emails":{"value":"x"}}`, `{"userName":"a","emails":[{"value":"x"}]}`, []string{"list-values"}},
	{"no object", "POST", `[1]`, `[1]`, nil},
	{"operations no list", "PATCH", `{"Operations":7}`, patch(`7`), []string{"patch-shape"}},
	{"RFC 7644 figure", "PATCH", patch(`[{"op":"add","path":"members","value":[{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/2819c223","value":"2819c223"}]}]`), patch(`[{"op":"add","path":"members","value":[{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/2819c223","value":"2819c223"}]}]`), nil},
	{"RFC 7644 remove", "PATCH", patch(`[{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}]`), patch(`[{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}]`), nil},
}

func TestGeneric(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := protocol.Request{Method: c.method, Type: scim.User, Body: []byte(c.in), Query: url.Values{}}
			if c.method != "POST" {
				w.ID = "1"
			}
			got, fired := normalise(w)
			if string(got.Body) != c.out {
				t.Errorf("got  %s\nwant %s", got.Body, c.out)
			}
			if !slices.Equal(fired, c.rules) {
				t.Errorf("fired %v, want %v", fired, c.rules)
			}
			if string(w.Body) != c.in {
				t.Error("a rule changed its argument")
			}
			if again, fired := normalise(got); len(fired) != 0 || string(again.Body) != string(got.Body) {
				t.Errorf("not idempotent: %v %s", fired, again.Body)
			}
		})
	}
}

func TestFilters(t *testing.T) {
	for in, want := range map[string]string{
		`active eq "True"`:                `active eq true`,
		`emails[primary eq "false"]`:      `emails[primary eq false]`,
		enterprise + `.department eq "x"`: enterprise + `:department eq "x"`,
		`userName eq "True"`:              `userName eq "True"`,
		`not a filter`:                    `not a filter`,
	} {
		q := url.Values{"filter": {in}}
		got, _ := normalise(protocol.Request{Method: "GET", Type: scim.User, Query: q})
		if got.Query.Get("filter") != want || q.Get("filter") != in {
			t.Errorf("%s: %s", in, got.Query.Get("filter"))
		}
	}
}

func TestRulesAreSourced(t *testing.T) {
	for _, r := range adapters.For("generic").Rules {
		if r.Name == "" || r.Says == "" || r.Source == "" {
			t.Errorf("rule %q lacks its sentence or its evidence", r.Name)
		}
	}
}

func TestRepairURL(t *testing.T) {
	for in, want := range map[string]string{
		"/scim/v2/Users?filter=a":                                  "/scim/v2/Users?filter=a",
		"/scim/v2?aadOptscim062020":                                "/scim/v2",
		"/scim/v2/?aadOptscim062020/Users?filter=x":                "/scim/v2/Users?filter=x",
		"/scim/v2?aadOptscim062020/Users/1":                        "/scim/v2/Users/1",
		"/scim/v2/Users?aadOptscim062020&filter=x":                 "/scim/v2/Users?filter=x",
		"/scim/v2/Users?filter=x&aadOptscim062020":                 "/scim/v2/Users?filter=x",
		"/scim/v2/Users?filter=x&aadOptscim062020=true&count=1":    "/scim/v2/Users?filter=x&count=1",
		"/scim/v2/Users?filter=userName+eq+%22aadOptscim062020%22": "/scim/v2/Users?filter=userName+eq+%22aadOptscim062020%22",
		"/scim/v2//Users/a%2Fb?aadoptscim062020":                   "/scim/v2//Users/a%2Fb",
	} {
		u, err := url.ParseRequestURI(in)
		if err != nil {
			t.Fatal(err)
		}
		adapters.RepairURL(u)
		if got := u.RequestURI(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
