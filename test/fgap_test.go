package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
)

// With fine-grained permissions a query costs Keycloak 140 ms of CPU. A look-up of a known user by
// userName must be one GET by id.
func TestLookUpUnderFineGrainedPermissionsIsOneGet(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, time.Minute)
	w.who = "dropin"
	full := client{w.base(), w.dropInToken}
	group, confined := w.confinedAccount(t)
	made, err := full.send(t.Context(), "POST", "/Users", `{"schemas":["`+scim.UserURN+`"],"userName":"Ada","title":"T","name":{"givenName":"A","familyName":"L"},"emails":[{"value":"a@example.com"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.realm.Admin("PUT", "/users/"+made.Resource.ID()+"/groups/"+group, "{}"); a.Status != 204 {
		t.Fatal(a.Status)
	}
	c := client{w.base(), confined}
	if a, err := c.send(t.Context(), "GET", "/Users/"+made.Resource.ID(), ""); err != nil || a.Resource.Raw("title") != `"T"` {
		t.Fatalf("the account cannot read its user: %v", err)
	}
	f.Calls.Store(0)
	a, err := c.send(t.Context(), "GET", "/Users?filter=userName+eq+%22ada%22", "")
	if err != nil || a.Page.Total != 1 || a.Page.Resources[0].Raw("title") != `"T"` {
		t.Fatalf("%v %+v", err, a.Page)
	}
	if n := f.Calls.Load(); n != 1 {
		t.Errorf("the look-up took %d calls", n)
	}
}

// confinedAccount returns the token of an account that may do everything with the members of one
// group, and nothing else.
func (w *world) confinedAccount(t *testing.T) (group, token string) {
	t.Helper()
	r := w.realm
	must := func(status int, body []byte, want int) string {
		t.Helper()
		if status != want {
			t.Fatalf("%d %s", status, body)
		}
		return string(body)
	}
	set := r.Admin("PUT", "", `{"adminPermissionsEnabled":true}`)
	must(set.Status, set.Body, 204)
	made := r.Admin("POST", "/groups", `{"name":"tenant"}`)
	must(made.Status, made.Body, 201)
	location := made.Header.Get("Location")
	group = location[strings.LastIndex(location, "/")+1:]
	secret := r.ServiceAccount("confined", "query-users", "query-groups")
	clients := r.Admin("GET", "/clients?clientId=confined", "")
	account := r.Admin("GET", "/clients/"+gjson.GetBytes(clients.Body, "0.id").String()+"/service-account-user", "")
	permissions := r.Admin("GET", "/clients?clientId=admin-permissions", "")
	server := "/clients/" + gjson.GetBytes(permissions.Body, "0.id").String() + "/authz/resource-server"
	policy := r.Admin("POST", server+"/policy/user", fmt.Sprintf(`{"name":"is-confined","users":[%q],"logic":"POSITIVE"}`, gjson.GetBytes(account.Body, "id").String()))
	id := gjson.Get(must(policy.Status, policy.Body, 201), "id").String()
	grant := r.Admin("POST", server+"/permission/scope", fmt.Sprintf(`{"name":"own","type":"scope","resourceType":"Groups","scopes":["view","view-members","manage-members","manage-membership","manage-membership-of-members"],"resources":[%q],"policies":[%q],"decisionStrategy":"UNANIMOUS"}`, group, id))
	must(grant.Status, grant.Body, 201)
	return group, r.Token("confined", secret)
}
