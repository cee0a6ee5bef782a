package security

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// customer is a tenant whose service account may access only the members of one group.
type customer struct{ name, group, user string }

// customers creates two customers, each with one user. The proxy stores attributes of both users.
func customers(t *testing.T) (w *world, acme, beta customer) {
	t.Helper()
	var all []customer
	w = newWorld(t)
	w.realm.Admin("PUT", "", `{"adminPermissionsEnabled":true}`)
	for _, name := range []string{"alpha", "beta"} {
		all = append(all, w.customer(name))
	}
	w.serve()
	for i, c := range all {
		made := w.realm.Admin("POST", "/users", fmt.Sprintf(`{"username":"u-%s","enabled":true,"firstName":"F","lastName":"L","email":"%s@example.com","groups":["/%s"]}`, c.name, c.name, c.name))
		if made.Status != 201 {
			t.Fatalf("%d %s", made.Status, made.Body)
		}
		location := made.Header.Get("Location")
		all[i].user = location[strings.LastIndexByte(location, '/')+1:]
		if a := w.send(c.name, "PATCH", "/Users/"+all[i].user, patch(`{"op":"replace","value":{"title":"T `+c.name+`","externalId":"e-`+c.name+`"}}`)); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	return w, all[0], all[1]
}

func (w *world) customer(name string) customer {
	w.t.Helper()
	must := func(status int, body []byte) gjson.Result {
		w.t.Helper()
		if status >= 300 {
			w.t.Fatalf("%d %s", status, body)
		}
		return gjson.ParseBytes(body)
	}
	made := w.realm.Admin("POST", "/groups", `{"name":"`+name+`"}`)
	must(made.Status, made.Body)
	location := made.Header.Get("Location")
	c := customer{name: name, group: location[strings.LastIndexByte(location, '/')+1:]}
	secret := w.realm.ServiceAccount(name, "query-users", "query-groups")
	w.tenant(name, name, secret)
	get := func(path string) gjson.Result { a := w.realm.Admin("GET", path, ""); return must(a.Status, a.Body) }
	account := get("/clients/" + get("/clients?clientId="+name).Get("0.id").String() + "/service-account-user").Get("id").String()
	server := "/clients/" + get("/clients?clientId=admin-permissions").Get("0.id").String() + "/authz/resource-server"
	policy := w.realm.Admin("POST", server+"/policy/user", fmt.Sprintf(`{"name":"is-%s","users":[%q],"logic":"POSITIVE"}`, name, account))
	grant := w.realm.Admin("POST", server+"/permission/scope", fmt.Sprintf(`{"name":"own-%s","type":"scope","resourceType":"Groups",
"scopes":["view","view-members","manage-members","manage-membership","manage-membership-of-members"],"resources":[%q],"policies":[%q],"decisionStrategy":"UNANIMOUS"}`,
		name, c.group, must(policy.Status, policy.Body).Get("id").String()))
	must(grant.Status, grant.Body)
	return c
}

// of returns the keys of the store, and the entries of its sets, that contain an id.
func (w *world) of(id string) map[string]string {
	out := map[string]string{}
	for k, v := range w.records() {
		if strings.Contains(k, id) {
			out[k] = v
			continue
		}
		var entries []string
		if json.Unmarshal([]byte(v), &entries) != nil {
			continue
		}
		for _, e := range entries {
			if strings.Contains(e, id) {
				out[k+" "+e] = e
			}
		}
	}
	return out
}

// No request of one tenant changes or reveals a byte of the records of another tenant's users in
// the same realm, if Keycloak confines the tenants' service accounts to different groups.
func TestTwoTenantsOfOneRealm(t *testing.T) {
	w, alpha, beta := customers(t)
	before := w.of(alpha.user)
	if len(before) < 3 {
		t.Fatalf("nothing is kept: %v", before)
	}
	shown := w.send("alpha", "GET", "/Users/"+alpha.user, "")
	taken, free := questions("alpha", alpha.user), questions("nosuch", "00000000-0000-0000-0000-000000000000")
	for i, q := range taken {
		q[1], q[2] = strings.ReplaceAll(q[1], `userName+eq+%22alpha`, `userName+eq+%22u-alpha`), strings.ReplaceAll(q[2], `"userName":"alpha"`, `"userName":"u-alpha"`)
		a, b := w.send("beta", q[0], q[1], q[2]), w.send("beta", free[i][0], free[i][1], free[i][2])
		if strings.Contains(q[1], "filter") && (a.Status != b.Status || string(a.Body) != string(b.Body)) {
			t.Errorf("%s %s: taken %d %s, free %d %s", q[0], q[1], a.Status, a.Body, b.Status, b.Body)
		}
		if body := string(a.Body); strings.Contains(body, "T alpha") || strings.Contains(body, "e-alpha") && !strings.Contains(q[1]+q[2], "e-alpha") {
			t.Errorf("%s %s: %s", q[0], q[1], a.Body)
		}
	}
	ids := []string{alpha.user, alpha.group, strings.ToUpper(alpha.user), alpha.user + "/", alpha.user + "%20", "%2e%2e%2fUsers%2f" + alpha.user, alpha.user + "%00", "cursors", "User.00"}
	var ops []string
	for _, id := range ids {
		for _, kind := range []string{"Users", "Groups"} {
			for _, q := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"PUT", user("u-alpha")}, {"PATCH", patch(`{"op":"replace","value":{"title":"x","externalId":"x"}}`)}, {"PATCH", patch()}} {
				if a := w.send("beta", q[0], "/"+kind+"/"+id, q[1]); a.Status < 400 {
					t.Errorf("%s /%s/%s: %d %s", q[0], kind, id, a.Status, a.Body)
				}
				if q[0] != "GET" {
					data := map[bool]string{true: "", false: `,"data":` + q[1]}[q[1] == ""]
					ops = append(ops, `{"method":"`+q[0]+`","path":"/`+kind+`/`+id+`"`+data+`}`)
				}
			}
		}
	}
	w.send("beta", "POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`+strings.Join(ops, ",")+`]}`)
	w.send("beta", "POST", "/Users", user("u-alpha"))
	w.send("beta", "PATCH", "/Users/"+beta.user, patch(`{"op":"replace","value":{"externalId":"e-alpha"}}`))
	after := w.of(alpha.user)
	for k, v := range before {
		if after[k] != v {
			t.Errorf("%s was %s and is %s", k, v, after[k])
		}
	}
	if len(after) != len(before) {
		t.Errorf("was %v\nis %v", before, after)
	}
	if now := w.send("alpha", "GET", "/Users/"+alpha.user, ""); string(now.Body) != string(shown.Body) {
		t.Errorf("was %s\nis %s", shown.Body, now.Body)
	}
	// The same externalId in both tenants: each finds its own user.
	for _, c := range []customer{alpha, beta} {
		a := w.send(c.name, "GET", `/Users?filter=externalId+eq+%22e-alpha%22`, "")
		if got := gjson.GetBytes(a.Body, "Resources.#.id").Raw; got != `["`+c.user+`"]` {
			t.Errorf("%s finds %d %s", c.name, a.Status, a.Body)
		}
	}
}
