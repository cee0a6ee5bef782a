package keycloak_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
)

// mappings are attributes of a user profile: of the core schema, the enterprise extension and one
// of its own, multivalued, hidden from administrators, with validators, defaults, and unmapped.
var mappings = func() (all []string) {
	const everyone = `"permissions":{"view":["admin","user"],"edit":["admin","user"]}`
	one := func(name, scimName, more string) string {
		return fmt.Sprintf(`{"name":%q,"annotations":{"kc.scim.schema.attribute":%q},%s}`, name, scimName, more)
	}
	const custom = "urn:example:params:1.0:User"
	return append(all,
		one("jobTitle", "title", everyone),
		one("nickName", "nickName", everyone),
		one("dept", scim.EnterpriseURN+":department", everyone),
		one("empNo", scim.EnterpriseURN+":employeeNumber", everyone),
		one("boss", scim.EnterpriseURN+":manager.value", everyone),
		one("middle", "name.middleName", everyone),
		one("prefix", "name.honorificPrefix", everyone),
		one("suffix", "name.honorificSuffix", everyone),
		one("site", custom+":site", everyone),
		one("level", custom+":level", `"validations":{"integer":{}},`+everyone),
		one("locale2", "locale", `"permissions":{"view":["admin"],"edit":["admin"]}`),
		`{"name":"unmapped","annotations":{},"permissions":{"view":["admin"],"edit":["admin"]}}`,
	)
}()

// awkward are mappings that the Admin REST API does not tell.
var awkward = []string{
	`{"name":"tags","multivalued":true,"annotations":{"kc.scim.schema.attribute":"urn:example:params:2.0:User:tags"},"permissions":{"view":["admin","user"],"edit":["admin","user"]}}`,
	`{"name":"hidden","annotations":{"kc.scim.schema.attribute":"urn:example:params:2.0:User:hidden"},"permissions":{"view":["user"],"edit":["user","admin"]}}`,
	`{"name":"readonly","annotations":{"kc.scim.schema.attribute":"urn:example:params:2.0:User:readonly"},"permissions":{"view":["admin"],"edit":["user"]}}`,
	`{"name":"phone","annotations":{"kc.scim.schema.attribute":"phoneNumbers"},"permissions":{"view":["admin"],"edit":["admin"]}}`,
}

// TestBothReadsTellTheSame reads the same users by the SCIM API alone and with values of the Admin
// REST API: of users made by an administrator with any values, with an administrator's role, with
// groups, for all attributes and for some.
func TestBothReadsTellTheSame(t *testing.T) {
	for name, maps := range map[string][]string{"stock": nil, "mapped": mappings, "awkward": append(awkward, mappings...)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := kctest.NewRealm(t)
			r.Relax()
			r.Map(maps...)
			anyUsers(t, r)
			secret := r.ServiceAccount("reader", "manage-users")
			client := keycloak.NewClient(r.Server.URL, http.DefaultTransport, time.Minute, 8)
			client.Differs = func(_, user string) { t.Errorf("the Admin REST API shows %s differently", user) }
			account := keycloak.NewAccount(client, r.Name, "reader", func() (string, error) { return secret, nil }, time.Now)
			load := func() (*keycloak.Realm, *profile.Profile) {
				p, err := keycloak.LoadProfile(t.Context(), client, r.Name, account)
				if err != nil {
					t.Fatal(err)
				}
				return keycloak.NewRealm(client, r.Name, account, p), p
			}
			ours, trusting := load()
			plain, only := load()
			only.Trust().Differs()
			only.Trust().Differs()
			trusting.Trust().Same()
			for _, fields := range [][]string{nil, {"name"}, {"id", "title"}, {"username"}, {"name", "emails", "active"}, {strings.ToLower(scim.EnterpriseURN)},
				{strings.ToLower(scim.EnterpriseURN) + ":department"}, {"urn:example:params:1.0:user"}, {"urn:example:params:2.0:user"}, {"urn:example:params:2.0:user:tags", "name"}, {"groups", "name"}, {"meta", "locale"}} {
				q := directory.Query{Type: scim.User, Start: 1, Count: 100, Fields: directory.Fields{Only: fields}}
				for n := 0; ; {
					a, b := list(t, ours, q), list(t, plain, q)
					samePages(t, fields, a, b)
					if n += len(b.Resources); len(b.Resources) == 0 || len(b.Resources) == b.Total {
						break
					}
					q.ResumeAfter = b.Resume[len(b.Resume)-1]
				}
			}
			trusting.Trust().Same()
			if name != "awkward" && trusting.Trust().Next(account.Key()) == 0 {
				t.Error("the Admin REST API is not used")
			}
		})
	}
}

func list(t *testing.T, d directory.Directory, q directory.Query) directory.Page {
	t.Helper()
	p, err := d.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func samePages(t *testing.T, fields []string, a, b directory.Page) {
	t.Helper()
	if a.Total != b.Total || len(a.Resources) != len(b.Resources) {
		t.Fatalf("%v: %d of %d users, by SCIM %d of %d", fields, len(a.Resources), a.Total, len(b.Resources), b.Total)
	}
	need := directory.Fields{Only: fields}
	for i := range a.Resources {
		mine, theirs := a.Resources[i], b.Resources[i]
		if len(fields) > 0 { // a directory may show more than is asked
			for _, name := range mine.Names() {
				if !need.Covers(scim.AttrPath{Name: name}) && !strings.Contains(name, ":") {
					mine, theirs = mine.Without(name), theirs.Without(name)
				}
			}
		}
		if !document.Same(mine.Without("schemas").String(), theirs.Without("schemas").String()) || len(fields) == 0 && !slices.Equal(schemas(mine), schemas(theirs)) {
			t.Errorf("%v:\n     %s\nSCIM %s", fields, mine, theirs)
		}
	}
}

func schemas(r scim.Resource) []string {
	return slices.Sorted(slices.Values(document.Elements(r.Raw("schemas"))))
}

// anyUsers makes 130 users with random values by the import of an administrator, which validates
// nothing, and gives some of them groups and an administrator's role.
func anyUsers(t *testing.T, r *kctest.Realm) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	values := []string{"A", "", " ", "  x ", "Ünïcode 日本", "a\"b\\c", "<b>&amp;", "1", "true", "null", "2020-01-01T00:00:00Z", "line\nbreak", "😀", strings.Repeat("long", 60)}
	pick := func() any {
		if rng.IntN(6) == 0 {
			return nil
		}
		return values[rng.IntN(len(values))]
	}
	var users []map[string]any
	for i := range 130 {
		u := map[string]any{"username": fmt.Sprintf("any%03d", i), "enabled": rng.IntN(4) > 0, "firstName": pick(), "lastName": pick()}
		if rng.IntN(3) > 0 {
			u["email"] = fmt.Sprintf("Any%03d@Example.com", i)
		}
		attributes := map[string]any{}
		for _, name := range []string{"jobTitle", "nickName", "dept", "empNo", "boss", "middle", "prefix", "suffix", "site", "level", "locale2", "unmapped", "unknown", "tags", "hidden", "readonly", "phone"} {
			if rng.IntN(3) == 0 {
				continue
			}
			list := []string{values[rng.IntN(len(values))]}
			for rng.IntN(4) == 0 {
				list = append(list, values[rng.IntN(len(values))])
			}
			attributes[name] = list
		}
		u["attributes"] = attributes
		users = append(users, u)
	}
	body, err := json.Marshal(map[string]any{"ifResourceExists": "FAIL", "users": users})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.Admin("POST", "/partialImport", string(body)); a.Status != 200 {
		t.Fatalf("import: %d %s", a.Status, a.Body)
	}
	giveRoles(t, r)
}

// giveRoles makes one user an administrator, one by a group, and gives others a group.
func giveRoles(t *testing.T, r *kctest.Realm) {
	t.Helper()
	must := func(a kctest.Reply) []byte {
		t.Helper()
		if a.Status >= 300 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return a.Body
	}
	var one []struct{ ID string }
	id := func(path string) string {
		t.Helper()
		if err := json.Unmarshal(must(r.Admin("GET", path, "")), &one); err != nil || len(one) == 0 {
			t.Fatal(path, err)
		}
		return one[0].ID
	}
	user := func(i int) string { return id(fmt.Sprintf("/users?exact=true&username=any%03d", i)) }
	management := id("/clients?clientId=realm-management")
	role := "[" + string(must(r.Admin("GET", "/clients/"+management+"/roles/view-events", ""))) + "]"
	must(r.Admin("POST", "/users/"+user(3)+"/role-mappings/clients/"+management, role))
	must(r.Admin("POST", "/groups", `{"name":"admins"}`))
	must(r.Admin("POST", "/groups", `{"name":"others"}`))
	must(r.Admin("POST", "/groups/"+id("/groups?search=admins")+"/role-mappings/clients/"+management, role))
	must(r.Admin("PUT", "/users/"+user(105)+"/groups/"+id("/groups?search=admins"), ""))
	for i := range 5 {
		must(r.Admin("PUT", "/users/"+user(100+i)+"/groups/"+id("/groups?search=others"), ""))
	}
}
