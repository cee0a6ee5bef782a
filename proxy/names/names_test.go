package names_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/names"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

const acme = "urn:example:acme:2.0:User"

func schemas() scim.Schemas {
	return scim.CoreSchemas().With(scim.User, scim.Schema{ID: acme, Attributes: []scim.Attribute{{Name: "badge"}}})
}

// sent is each of the writes of an object: POST, PUT, PATCH without a path, and one operation per
// member.
func sent(object string) map[string]protocol.Request {
	r, err := scim.ParseResource([]byte(object))
	if err != nil {
		panic(err)
	}
	var ops []string
	for name, raw := range r.All() {
		if _, err := scim.ParsePath(name); err == nil {
			ops = append(ops, fmt.Sprintf(`{"op":"replace","path":%q,"value":%s}`, name, raw))
		} else {
			ops = append(ops, fmt.Sprintf(`{"op":"replace","value":{%q:%s}}`, name, raw))
		}
	}
	patch := `{"schemas":["` + scim.PatchURN + `"],"Operations":[%s]}`
	return map[string]protocol.Request{
		"POST":           {Method: "POST", Type: scim.User, Body: []byte(object)},
		"PUT":            {Method: "PUT", Type: scim.User, ID: "1", Body: []byte(object)},
		"PATCH":          {Method: "PATCH", Type: scim.User, ID: "1", Body: fmt.Appendf(nil, patch, strings.Join(ops, ","))},
		"path-less":      {Method: "PATCH", Type: scim.User, ID: "1", Body: fmt.Appendf(nil, patch, `{"op":"add","value":`+object+`}`)},
		"PUT, partially": {Method: "PUT", Type: scim.User, ID: "1", Body: []byte(object)},
	}
}

func decode(strict bool, verb string, w protocol.Request) (noted []string, err error) {
	idp := "generic"
	if verb == "PUT, partially" {
		idp = "onelogin"
	}
	d := protocol.Decoder{Dialect: adapters.For(idp), Schemas: schemas(), MaxFilter: 100, DefaultPage: 1, MaxPage: 1}
	e := names.Examiner{Schemas: schemas(), Strict: strict, Misspelt: func(name, like string) { noted = append(noted, name+" "+like) }}
	_, _, err = e.Decode(d.Decode)(w)
	return noted, err
}

// All verbs decide alike on one name.
func TestVerbsAgree(t *testing.T) {
	for object, like := range map[string]string{
		`{"dispalyName":"x"}`:                                                "dispalyName displayName",
		`{"DISPLAY_NAME":"x"}`:                                               "DISPLAY_NAME displayName",
		`{"name":{"givnName":"x"}}`:                                          "name.givnName name.givenName",
		`{"emails":[{"vlaue":"a@b.test"}]}`:                                  "emails.vlaue emails.value",
		`{"` + acme + `":{"bagde":"x"}}`:                                     acme + ":bagde " + acme + ":badge",
		`{"` + scim.EnterpriseURN + `":{"departmentt":"x"}}`:                 scim.EnterpriseURN + ":departmentt " + scim.EnterpriseURN + ":department",
		`{"` + strings.Replace(acme, "acme", "acne", 1) + `":{"badge":"x"}}`: strings.Replace(acme, "acme", "acne", 1) + " " + acme,
		`{"shoeSize":44}`:                                                    "",
		`{"cost centre":"x"}`:                                                "",
		`{"größe":"x"}`:                                                      "",
		`{"urn:example:other:User":{"a":"b"}}`:                               "",
		`{"name":{"initial":"x"}}`:                                           "",
	} {
		for verb, w := range sent(object) {
			noted, err := decode(false, verb, w)
			if err != nil || strings.Join(noted, ",") != like {
				t.Errorf("%s of %s, tolerant: %q, %v", verb, object, noted, err)
			}
			_, err = decode(true, verb, w)
			if e := scim.AsError(err); err == nil || e.Status != 400 || e.Type != "invalidSyntax" || like != "" != strings.Contains(e.Detail, "nearest") {
				t.Errorf("%s of %s, strict: %v", verb, object, err)
			}
		}
	}
}

// Names that the schemas define pass. Attributes that the server sets or drops are not examined.
func TestKnown(t *testing.T) {
	for _, object := range []string{
		`{"USERNAME":"u","externalId":"e","name":{"givenName":"g"},"active":true,"password":"x"}`,
		`{"emails":[{"value":"a@b.test","type":"work","primary":true,"display":"d","$ref":null}],"x509Certificates":[{"value":"eA==","display":"d"}]}`,
		`{"` + scim.EnterpriseURN + `":{"manager":{"value":"1","displayName":"M"}},"` + acme + `":{"BADGE":"b"}}`,
		`{"` + scim.UserURN + `:title":"t","addresses":[{"locality":"x"}]}`,
	} {
		for verb, w := range sent(object) {
			if noted, err := decode(true, verb, w); err != nil || noted != nil {
				t.Errorf("%s of %s: %q, %v", verb, object, noted, err)
			}
		}
	}
	ignored := `{"userName":"u","id":"1","meta":{"x":1},"groups":[{"x":1}],"schemas":["urn:x"]}`
	for _, verb := range []string{"POST", "PUT", "path-less"} {
		if noted, err := decode(true, verb, sent(ignored)[verb]); err != nil || noted != nil {
			t.Errorf("%s: %q, %v", verb, noted, err)
		}
	}
}

// A value filter makes the element that it describes, so its names are examined too.
func TestPathFilter(t *testing.T) {
	w := protocol.Request{Method: "PATCH", Type: scim.User, ID: "1", Body: []byte(`{"schemas":["` + scim.PatchURN + `"],"Operations":[{"op":"add","path":"emails[tpye eq \"work\"].value","value":"a@b.test"}]}`)}
	if noted, err := decode(false, "PATCH", w); err != nil || !slices.Equal(noted, []string{"emails.tpye emails.type"}) {
		t.Errorf("%q, %v", noted, err)
	}
	if _, err := decode(true, "PATCH", w); scim.Status(err) != 400 {
		t.Error(err)
	}
}

// A name of its own is not taken for a misspelt one.
func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"displaynmae": "displayName", "dislayNmae": "displayName", "user_name": "userName", "usrname": "userName", "email": "emails", "naem": "name", "role": "roles",
		"addresse": "addresses", "address": "addresses", "entitlments": "entitlements", "externalid2": "externalId", "prefferredLanguage": "preferredLanguage",
		"uid": "", "ids": "", "phones": "", "userRole": "", "userId": "", "city": "", "jobTitle": "", "firstName": "", "department": "", "loginName": "", "mail": "", "": "",
		strings.Repeat("displayName", 1000): "",
	} {
		noted, err := decode(false, "POST", protocol.Request{Method: "POST", Type: scim.User, Body: []byte(`{"` + name + `":"x"}`)})
		got := ""
		if len(noted) > 0 {
			_, got, _ = strings.Cut(noted[0], " ")
		}
		if err != nil || got != want {
			t.Errorf("%q is like %q, want %q; %v", name, got, want, err)
		}
	}
}

// The cost of many unknown names is bounded.
func TestComparedNames(t *testing.T) {
	var members []string
	for i := range 900 {
		members = append(members, fmt.Sprintf(`"title%d":1`, i%10), fmt.Sprintf(`"x%d":1`, i))
	}
	slices.Sort(members)
	members = slices.Compact(members)
	noted, err := decode(false, "POST", protocol.Request{Method: "POST", Type: scim.User, Body: []byte("{" + strings.Join(members, ",") + "}")})
	if err != nil || len(noted) != 10 {
		t.Errorf("%d: %v", len(noted), err)
	}
	slices.Reverse(members)
	noted, err = decode(false, "POST", protocol.Request{Method: "POST", Type: scim.User, Body: []byte("{" + strings.Join(members, ",") + "}")})
	if err != nil || len(noted) != 0 {
		t.Errorf("%d: %v", len(noted), err)
	}
}
