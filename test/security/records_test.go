package security

import (
	"testing"

	"github.com/tidwall/gjson"
)

// A DELETE that is answered with 404 removes no record, whatever the reason for the 404 is.
func TestNo404TakesARecord(t *testing.T) {
	w := newWorld(t)
	u, g := w.make("acme", "/Users", user("ada")), w.make("acme", "/Groups", group("staff"))
	w.send("acme", "GET", "/Users?cursor=&count=1", "") // creates the key that encrypts cursors
	before := w.records()
	attack := func(what string) {
		t.Helper()
		for _, who := range []string{"acme", "manager", "reader", "querier", "nobody", "forged", "garbage", "none"} {
			for _, path := range []string{"/Groups/" + u, "/Users/" + g, "/Users/cursors", "/Users/key.cursors", "/Groups/pending.User.00", "/Users/%2e%2e%2fcursors"} {
				if a := w.send(who, "DELETE", path, ""); a.Status < 400 {
					t.Errorf("%s: DELETE %s as %s: %d", what, path, who, a.Status)
				}
			}
			bulk := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Groups/` + u + `"},{"method":"DELETE","path":"/Users/` + g + `"}]}`
			w.send(who, "POST", "/Bulk", bulk)
			w.unchanged(what+" as "+who, before)
		}
	}
	attack("another type")
	w.realm.Admin("PUT", "", `{"scimApiEnabled":false}`)
	for _, who := range []string{"acme", "manager", "nobody", "garbage"} {
		w.send(who, "DELETE", "/Users/"+u, "")
		w.send(who, "DELETE", "/Groups/"+g, "")
		w.unchanged("the realm's SCIM API is off, as "+who, before)
	}
	w.realm.Admin("PUT", "", `{"scimApiEnabled":true}`)
	for _, who := range []string{"nobody", "querier", "reader"} {
		w.send(who, "DELETE", "/Users/"+u, "")
		w.unchanged("no right to delete, as "+who, before)
	}
	if a := w.send("acme", "GET", "/Users/"+u, ""); gjson.GetBytes(a.Body, "title").String() != "T ada" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	// A DELETE of a resource that is gone in Keycloak removes the record only if it was sent with
	// the tenant's own account.
	w.realm.Admin("DELETE", "/users/"+u, "")
	before = w.records()
	w.send("manager", "DELETE", "/Users/"+u, "")
	w.unchanged("drop-in, the user is gone", before)
	w.send("acme", "DELETE", "/Users/"+u, "")
	if after := w.records(); len(after) >= len(before) {
		t.Error("the tenant's own delete of a user who is gone leaves the record")
	}
}
