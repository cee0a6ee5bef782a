package adapters_test

import (
	"net/url"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// A leaver is out in every dialect and every shape of the value. A value that cannot be read is
// left for the strict reader to refuse.
func TestOneValue(t *testing.T) {
	for value, want := range map[string]string{
		`[{"value":"False"}]`:               `false`,
		`[{"$ref":null,"value":"False"}]`:   `false`,
		`{"value":false}`:                   `false`,
		`["false"]`:                         `false`,
		`[false]`:                           `false`,
		`[true,false]`:                      `[true,false]`,
		`[{"value":"False","type":"work"}]`: `[{"value":"False","type":"work"}]`,
		`[[false]]`:                         `[[false]]`,
		`[{"value":{"value":false}}]`:       `[{"value":{"value":false}}]`,
		`[{}]`:                              `[{}]`,
		`[{"value":"No"}]`:                  `"No"`,
	} {
		for _, idp := range adapters.Names() {
			w := protocol.Request{Method: "PATCH", Type: scim.User, ID: "1", Query: url.Values{}, Body: []byte(patch(`[{"op":"replace","path":"active","value":` + value + `}]`))}
			got, _ := through(idp, w)
			if expected := patch(`[{"op":"replace","path":"active","value":` + want + `}]`); string(got.Body) != expected {
				t.Errorf("%s: %s\n is %s\nwant %s", idp, value, got.Body, expected)
			}
		}
	}
}

func TestOneValueElsewhere(t *testing.T) {
	for in, want := range map[string]string{
		`{"op":"add","path":"name","value":[{"familyName":["x"]}]}`:                                   `{"op":"add","path":"name","value":{"familyName":"x"}}`,
		`{"op":"add","path":"emails[type eq \"work\"].value","value":[{"value":"x"}]}`:                `{"op":"add","path":"emails[type eq \"work\"].value","value":"x"}`,
		`{"op":"add","path":"emails[type eq \"work\"]","value":[{"value":"x","display":["d"]}]}`:      `{"op":"add","path":"emails[type eq \"work\"]","value":{"value":"x","display":"d"}}`,
		`{"op":"add","path":"emails","value":[{"value":["x"]}]}`:                                      `{"op":"add","path":"emails","value":[{"value":"x"}]}`,
		`{"op":"add","path":"emails","value":["x"]}`:                                                  `{"op":"add","path":"emails","value":[{"value":"x"}]}`,
		`{"op":"add","path":"urn:x:1.0:User","value":{"list":["x"]}}`:                                 `{"op":"add","path":"urn:x:1.0:User","value":{"list":["x"]}}`,
		`{"op":"add","path":"` + enterprise + `","value":{"department":[{"$ref":null,"value":"x"}]}}`: `{"op":"add","path":"` + enterprise + `","value":{"department":"x"}}`,
		`{"op":"replace","path":"title","value":[]}`:                                                  `{"op":"replace","path":"title","value":[]}`,
		`{"op":"remove","path":"manager[value eq \"7\"]"}`:                                            `{"op":"remove","path":"` + enterprise + `:manager[value eq \"7\"]"}`,
		`{"op":"add","path":"manager[value eq \"7\"]"}`:                                               `{"op":"add","path":"` + enterprise + `:manager","value":{"value":"7"}}`,
		`{"op":"replace","path":"` + enterprise + `:manager[value eq \"7\"].value","value":""}`:       `{"op":"remove","path":"` + enterprise + `:manager[value eq \"7\"]"}`,
	} {
		got, _ := normalise(protocol.Request{Method: "PATCH", Type: scim.User, ID: "1", Query: url.Values{}, Body: []byte(patch("[" + in + "]"))})
		if string(got.Body) != patch("["+want+"]") {
			t.Errorf("%s\n is %s\nwant %s", in, got.Body, want)
		}
	}
	for in, want := range map[string]string{
		`manager[value eq "7"]`:                    enterprise + `:manager[value eq "7"]`,
		`manager.displayName pr`:                   enterprise + `:manager.displayName pr`,
		`not (manager eq "7") and title pr`:        `not (` + enterprise + `:manager.value eq "7") and title pr`,
		`emails[value eq "7"] or manager.value pr`: `emails[value eq "7"] or ` + enterprise + `:manager.value pr`,
	} {
		got, _ := normalise(protocol.Request{Method: "GET", Type: scim.User, Query: url.Values{"filter": {in}}})
		if got.Query.Get("filter") != want {
			t.Errorf("%s is %s", in, got.Query.Get("filter"))
		}
	}
}

// A search over all types has the rules too.
func TestSearchOverAllTypes(t *testing.T) {
	q := url.Values{"filter": {`active eq "True" and manager eq "7" and urn:x:2.0:User.badge pr`}}
	got, _ := normalise(protocol.Request{Method: "GET", Query: q})
	if want := `active eq true and ` + enterprise + `:manager.value eq "7" and urn:x:2.0:User:badge pr`; got.Query.Get("filter") != want {
		t.Error(got.Query.Get("filter"))
	}
}
