package adapters_test

import (
	"net/url"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// A URN that is joined to its attribute by a dot is read in a path, in a filter and in a list of
// attributes alike.
func TestURNs(t *testing.T) {
	const declared = "urn:acme:ext"
	schemas := scim.CoreSchemas().With(scim.User, scim.Schema{ID: declared, Attributes: []scim.Attribute{{Name: "badge"}}})
	for in, want := range map[string]string{
		"urn:x:AcmeCorp:2.0:User.badge":                                        "urn:x:AcmeCorp:2.0:User:badge",
		"urn:x:AcmeCorp:2.0:User.owner.value":                                  "urn:x:AcmeCorp:2.0:User:owner.value",
		"URN:x:AcmeCorp:2.0:GROUP.badge":                                       "URN:x:AcmeCorp:2.0:GROUP:badge",
		"urn:x:AcmeCorp:1.0.badge":                                             "urn:x:AcmeCorp:1.0:badge",
		"urn:x:AcmeCorp:2.badge.value":                                         "urn:x:AcmeCorp:2:badge.value",
		declared + ".badge":                                                    declared + ":badge",
		declared + ":badge.value":                                              declared + ":badge.value",
		"urn:x:y.z":                                                            "urn:x:y.z", // the resource decides
		"urn:x:y:z":                                                            "urn:x:y:z",
		"urn:x:AcmeCorp:2.0:User:badge.value":                                  "urn:x:AcmeCorp:2.0:User:badge.value",
		"urn:scim:schemas:extension:enterprise:1.0.department":                 enterprise + ":department",
		"urn:scim:schemas:extension:enterprise:1.0:manager.value":              enterprise + ":manager.value",
		"urn:scim:schemas:extension:enterprise:2.0:User:department":            enterprise + ":department",
		"urn:scim:schemas:extension:enterprise:2.0:User.manager.value":         enterprise + ":manager.value",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department": enterprise + ":department",
		"urn:scim:schemas:core:1.0:title":                                      scim.UserURN + ":title",
		"urn:scim:schemas:core:2.0:User.name.givenName":                        scim.UserURN + ":name.givenName",
		"urn:ietf:params:scim:schemas:core:2.0:user.title":                     scim.UserURN + ":title",
		"urn:scim:schemas:core:1.0extra:title":                                 "urn:scim:schemas:core:1.0extra:title",
		"title":                                                                "title",
	} {
		for _, idp := range adapters.Names() {
			spelled := func(q url.Values) url.Values {
				w, _ := adapters.For(idp).Normalise(schemas, protocol.Request{Method: "GET", Type: scim.User, Query: q})
				return w.Query
			}
			quoted := `title eq "` + in + `" and `
			q := spelled(url.Values{"filter": {quoted + in + " pr"}, "attributes": {"id," + in}, "excludedAttributes": {in}, "sortBy": {in}})
			for name, is := range map[string]string{"filter": quoted + want + " pr", "attributes": "id," + want, "excludedAttributes": want, "sortBy": want} {
				if q.Get(name) != is {
					t.Errorf("%s: %s %s is %s", idp, name, in, q.Get(name))
				}
			}
		}
	}
}

// In a bulk of attributes the parts of one schema are one object, and nothing of it gets lost.
func TestOneSchemaUnderTwoNames(t *testing.T) {
	for in, want := range map[string]string{
		`{"userName":"a","urn:scim:schemas:extension:enterprise:1.0":{"department":"d"}}`:                                                      `{"userName":"a","` + enterprise + `":{"department":"d"}}`,
		`{"urn:scim:schemas:extension:enterprise:1.0":{"department":"d","division":"v"},"userName":"a","` + enterprise + `":{"division":"w"}}`: `{"userName":"a","` + enterprise + `":{"division":"w","department":"d"}}`,
		`{"userName":"a","urn:scim:schemas:extension:enterprise:1.0":{"division":"v"},"urn:scim:schemas:extension:enterprise:2.0":null}`:       `{"userName":"a","` + enterprise + `":{"division":"v"}}`,
		`{"userName":"a","urn:scim:schemas:extension:enterprise:1.0":null,"urn:scim:schemas:extension:enterprise:2.0:User":{"division":"v"}}`:  `{"userName":"a","` + enterprise + `":{"division":"v"}}`,
	} {
		got, _ := normalise(protocol.Request{Method: "PUT", Type: scim.User, ID: "1", Body: []byte(in), Query: url.Values{}})
		if string(got.Body) != want {
			t.Errorf("%s\n is %s\nwant %s", in, got.Body, want)
		}
	}
}
