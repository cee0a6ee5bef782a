package test

import (
	"fmt"
	"net/url"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/kctest"
)

// In a realm that shows the e-mail address as userName, Keycloak lists users by the stored names. A
// walk over several pages nevertheless sees every user once.
func TestWalkWhereAddressesAreNames(t *testing.T) {
	r := kctest.NewRealm(t)
	if a := r.Admin("PUT", "", `{"registrationEmailAsUsername":true}`); a.Status != 204 {
		t.Fatal(a.Status)
	}
	w := newWorldIn(t, r)
	const n = 130
	for i := range n {
		body := fmt.Sprintf(`{"schemas":[%q],"active":true,"userName":"n%03d","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"a%03d@example.com"}]}`, scim.UserURN, i, n-i)
		if a := r.SCIM(w.dropInToken, "POST", "/Users", body); a.Status != 201 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	c := client{w.base(), w.tenantToken}
	for _, q := range []url.Values{{"filter": {`name.familyName eq "f"`}}, {"sortBy": {"userName"}}} {
		q.Set("count", "200")
		a, err := c.send(t.Context(), "GET", "/Users?"+q.Encode(), "")
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, u := range a.Page.Resources {
			ids[u.ID()] = true
		}
		if len(ids) != n || a.Page.Total != n {
			t.Errorf("%v: %d users, total %d", q, len(ids), a.Page.Total)
		}
		if first := a.Page.Resources[0].Raw("userName"); q.Has("sortBy") && first != `"a001@example.com"` {
			t.Error("not sorted by what is shown:", first)
		}
	}
}
