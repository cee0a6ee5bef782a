package test

import (
	"fmt"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
)

// A list shows users as a GET shows them, with the same version, whichever API Keycloak was asked
// by: the first page is compared, the second one has values of the Admin REST API.
func TestListsShowWhatGetShows(t *testing.T) {
	r := kctest.NewRealm(t)
	attribute := func(name, path string) string {
		return fmt.Sprintf(`{"name":%q,"annotations":{"kc.scim.schema.attribute":%q},"permissions":{"view":["admin"],"edit":["admin"]}}`, name, path)
	}
	r.Map(attribute("site", "urn:example:b:User:site"), attribute("desk", "urn:example:a:User:desk"), attribute("dept", scim.EnterpriseURN+":department"), attribute("middle", "name.middleName"))
	w := newWorldIn(t, r)
	c := client{w.base(), w.tenantToken}
	for i := range 30 {
		body := fmt.Sprintf(`{"userName":"User%02d","active":%v,"name":{"givenName":"Given","familyName":"Family %d","middleName":"M"},"title":"Title %d","emails":[{"value":"User%02d@example.com"}],
			"urn:example:c:User":{"kept":%d},"urn:example:b:User":{"site":"S","room":%d},%q:{"department":"D","costCenter":"C"}}`, i, i%5 > 0, i, i, i, i, i, scim.EnterpriseURN)
		if i%3 == 0 {
			body = fmt.Sprintf(`{"userName":"User%02d","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"a%02d@example.com"}],"urn:example:a:User":{"desk":"D"}}`, i, i)
		}
		if _, err := c.send(t.Context(), "POST", "/Users", body); err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range []string{"compared", "by two APIs"} {
		a, err := c.send(t.Context(), "GET", "/Users?count=100", "")
		if err != nil || len(a.Page.Resources) != 30 {
			t.Fatalf("%v, %d users", err, len(a.Page.Resources))
		}
		for _, one := range a.Page.Resources {
			got, err := c.send(t.Context(), "GET", "/Users/"+one.ID(), "")
			if err != nil {
				t.Fatal(err)
			}
			if version := (scim.AttrPath{Name: "meta", Sub: "version"}); !document.Same(one.String(), got.Resource.String()) || one.Get(version) == "" {
				t.Errorf("%s:\n%s\n%s", page, one, got.Resource)
			}
		}
	}
}
