package security

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/test/kctest"
)

// neighbour is a group tenant that the proxy serves, with users and a group of its own.
type neighbour struct {
	kctest.GroupTenant
	users []string
	group string
}

// neighbours is a world with two more tenants, north and south. Each is confined to a group of the
// realm, by Keycloak and by the proxy.
func neighbours(t *testing.T) (w *world, north, south neighbour) {
	t.Helper()
	w = newWorld(t)
	for _, n := range []*neighbour{&north, &south} {
		name := map[bool]string{true: "north", false: "south"}[n == &north]
		n.GroupTenant = w.realm.NewGroupTenant(name, 4, false)
		w.tenant(name, n.ClientID, n.Secret)
		w.cfg.Tenants[len(w.cfg.Tenants)-1].Group = n.Path[1:]
	}
	w.serve()
	for _, n := range []*neighbour{&north, &south} {
		for i := range 2 {
			n.users = append(n.users, w.make(n.Name, "/Users", shared(fmt.Sprintf("%s-%d", n.Name, i), i)))
		}
		n.group = w.make(n.Name, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engineering","externalId":"g","members":[{"value":"`+n.users[0]+`"}]}`)
	}
	return w, north, south
}

// shared is a user whose externalId and title other tenants use too.
func shared(name string, i int) string {
	return strings.NewReplacer(`"e-`+name+`"`, fmt.Sprintf(`"e%d"`, i), `"T `+name+`"`, fmt.Sprintf(`"T%d"`, i)).Replace(user(name))
}

func (w *world) want(who, method, path, body string, status int) gjson.Result {
	w.t.Helper()
	a := w.send(who, method, path, body)
	if a.Status != status {
		w.t.Errorf("%s: %s %s: %d %s, want %d", who, method, path, a.Status, a.Body, status)
	}
	return gjson.ParseBytes(a.Body)
}

func (w *world) shows(who, path, at, want string) {
	w.t.Helper()
	if got := w.want(who, "GET", path, "", 200).Get(at).Raw; got != want {
		w.t.Errorf("%s: %s: %s is %s, want %s", who, path, at, got, want)
	}
}

func eq(attribute, value string) string {
	return "?" + url.Values{"filter": {attribute + ` eq "` + value + `"`}}.Encode()
}

// Two tenants of one realm live their whole lives with the same externalIds and group names.
func TestLifeOfGroupTenants(t *testing.T) {
	w, north, south := neighbours(t)
	for _, n := range []neighbour{north, south} {
		u, g := "/Users/"+n.users[0], "/Groups/"+n.group
		w.shows(n.Name, "/Users", "totalResults", "2")
		w.shows(n.Name, "/Groups", "Resources.#.id", `["`+n.group+`"]`)
		w.shows(n.Name, "/Users"+eq("externalId", "e0"), "Resources.#.id", `["`+n.users[0]+`"]`)
		w.shows(n.Name, "/Users"+eq("title", "T1"), "Resources.#.id", `["`+n.users[1]+`"]`)
		w.shows(n.Name, "/Groups"+eq("displayName", "engineering"), "Resources.#.id", `["`+n.group+`"]`)
		w.shows(n.Name, "/Groups"+eq("externalId", "g"), "Resources.#.id", `["`+n.group+`"]`)
		w.shows(n.Name, "/Groups"+eq("members.value", n.users[0]), "Resources.#.id", `["`+n.group+`"]`)
		w.shows(n.Name, "/Users"+eq("groups.value", n.group), "Resources.#.id", `["`+n.users[0]+`"]`)
		w.shows(n.Name, "/Users?sortBy=userName&sortOrder=descending", "Resources.#.id", `["`+n.users[1]+`","`+n.users[0]+`"]`)
		w.shows(n.Name, g, "members.#.value", `["`+n.users[0]+`"]`)
		w.shows(n.Name, u+"?attributes=groups", "groups.#.value", `["`+n.group+`"]`)
		w.want(n.Name, "PATCH", u, patch(`{"op":"replace","path":"name.givenName","value":"New"}`, `{"op":"replace","path":"title","value":"Lead"}`), 200)
		w.shows(n.Name, u, "title", `"Lead"`)
		w.want(n.Name, "PUT", u, shared(n.Name+"-renamed", 0), 200)
		w.shows(n.Name, u, "userName", `"`+n.Name+`-renamed"`)
		w.want(n.Name, "PATCH", g, patch(`{"op":"replace","path":"displayName","value":"Research"}`, `{"op":"add","path":"members","value":[{"value":"`+n.users[1]+`"}]}`), 200)
		w.shows(n.Name, g, "members.#", "2")
		w.want(n.Name, "PUT", g, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Research","externalId":"g","members":[{"value":"`+n.users[1]+`"}]}`, 200)
		w.shows(n.Name, g, "members.#.value", `["`+n.users[1]+`"]`)
		w.want(n.Name, "POST", "/Groups", group("Research"), 409)
		w.want(n.Name, "PATCH", u, patch(`{"op":"replace","path":"active","value":false}`), 200)
		w.shows(n.Name, u, "active", "false")
		w.want(n.Name, "DELETE", u, "", 204)
		w.want(n.Name, "GET", u, "", 404)
		w.want(n.Name, "DELETE", g, "", 204)
		w.want(n.Name, "GET", g, "", 404)
		w.make(n.Name, "/Users", shared(n.Name+"-0", 0))
		w.make(n.Name, "/Groups", group("Engineering"))
		w.shows(n.Name, "/Users", "totalResults", "2")
	}
}

// seen is what an administrator sees of a tenant, and what is kept for it.
func (w *world) seen(n neighbour, more ...string) map[string]string {
	out := map[string]string{}
	for _, path := range []string{"/groups/" + n.Group, "/groups/" + n.Group + "/children?max=100", "/groups/" + n.Group + "/members", "/groups/" + n.group + "/members"} {
		out[path] = string(w.realm.Admin("GET", path, "").Body)
	}
	for _, id := range slices.Concat(n.users, more) {
		for _, part := range []string{"", "/groups", "/credentials"} {
			out["/users/"+id+part] = string(w.realm.Admin("GET", "/users/"+id+part, "").Body)
		}
		maps.Copy(out, w.of(id))
	}
	maps.Copy(out, w.of(n.group))
	return out
}

// South reaches nothing of north, of the realm's other users and groups, and of its own hidden
// groups: each attempt is 404, shows nothing and changes nothing.
func TestGroupTenantsReachNothingOfEachOther(t *testing.T) {
	w, north, south := neighbours(t)
	outsider := w.realm.NewUser("outsider")
	loose := w.realm.Made(w.realm.Admin("POST", "/groups", `{"name":"loose"}`))
	whole := w.make("acme", "/Users", user("whole"))
	before := w.seen(north, outsider, whole)
	own, mine := "/Users/"+south.users[0], "/Groups/"+south.group
	version := w.send("north", "GET", "/Users/"+north.users[0], "").Header.Get("ETag")
	var ops []string
	for what, id := range map[string]string{
		"north's user": north.users[0], "north's other user": north.users[1], "a user of no tenant": outsider, "a user of the whole realm": whole, "north's account": north.Account,
		"north's group": north.group, "north's tenant group": north.Group, "a free group of north": free(w, north), "a group of no tenant": loose,
		"its own tenant group": south.Group, "its own free group": free(w, south), "its own account": south.Account,
		"upper case": strings.ToUpper(north.users[0]), "a blank": north.users[0] + "%20", "a path": "%2e%2e%2fUsers%2f" + north.users[0], "zero": north.users[0] + "%00", "a record": "User.00", "none": "00000000-0000-0000-0000-000000000000",
	} {
		for _, kind := range []string{"Users", "Groups"} {
			for _, q := range [][2]string{
				{"GET", ""}, {"DELETE", ""}, {"PUT", map[string]string{"Users": user("taken-over"), "Groups": group("taken over")}[kind]}, {"PATCH", patch(`{"op":"replace","value":{"externalId":"x","active":false,"displayName":"x"}}`)},
				{"PATCH", patch(`{"op":"add","path":"members","value":[{"value":"` + south.users[0] + `"}]}`)},
			} {
				for _, header := range []string{"", "If-Match", "If-None-Match"} {
					a := w.with("south", q[0], "/"+kind+"/"+id, q[1], header, version)
					if a.Status != 404 && a.Status != 400 || a.Status == 400 && q[0] != "PATCH" && !strings.Contains(id, "%") {
						t.Errorf("%s: %s /%s %s: %d %s", what, q[0], kind, header, a.Status, a.Body)
					}
				}
				if q[0] != "GET" {
					data := map[bool]string{true: "", false: `,"data":` + q[1]}[q[1] == ""]
					ops = append(ops, `{"method":"`+q[0]+`","path":"/`+kind+`/`+id+`"`+data+`}`)
				}
			}
		}
		for _, body := range []string{patch(`{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`), patch(`{"op":"replace","path":"members","value":[{"value":"` + id + `"}]}`)} {
			w.want("south", "PATCH", mine, body, 400)
		}
		for _, path := range []string{"/Users" + eq("id", id), "/Users" + eq("groups.value", id), "/Groups" + eq("id", id), "/Groups" + eq("members.value", id)} {
			w.shows("south", path, "totalResults", "0")
		}
		if n := w.want("south", "POST", "/.search", `{"filter":"id eq \"`+id+`\""}`, 200).Get("totalResults").Raw; n != "0" {
			t.Errorf("%s: a search over all types finds %s", what, n)
		}
		w.send("south", "PATCH", own, patch(`{"op":"add","path":"groups","value":[{"value":"`+id+`"}]}`))
		w.send("south", "PUT", own, strings.Replace(shared("south-0", 0), `"externalId"`, `"groups":[{"value":"`+id+`"}],"externalId"`, 1))
	}
	for _, r := range w.want("south", "POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`+strings.Join(ops, ",")+`]}`, 200).Get("Operations").Array() {
		if s := r.Get("status").String(); s != "404" && s != "400" {
			t.Errorf("bulk: %s", r.Raw)
		}
	}
	w.asks(t, north)
	for path, was := range before {
		if now := w.seen(north, outsider, whole)[path]; now != was {
			t.Errorf("%s was\n%s\nand is\n%s", path, was, now)
		}
	}
	w.shows("south", own+"?attributes=groups", "groups.#.value", `["`+south.group+`"]`)
	w.shows("south", mine, "members.#.value", `["`+south.users[0]+`"]`)
}

// asks asks for what north has by values, lists and cursors.
func (w *world) asks(t *testing.T, north neighbour) {
	t.Helper()
	for _, name := range []string{"north-0", "NORTH-1", "outsider", "whole", "boss"} {
		w.shows("south", "/Users"+eq("userName", name), "totalResults", "0")
		w.shows("south", "/Users"+eq("emails.value", name+"@example.com"), "totalResults", "0")
	}
	for _, name := range []string{"tenant-south", "tenant-north", "loose", "~free-0003"} {
		w.shows("south", "/Groups"+eq("displayName", name), "totalResults", "0")
	}
	for _, query := range []string{"?sortBy=userName", "?sortBy=title", "?sortBy=meta.created", "?cursor=&count=10", "?filter=title+pr", "?filter=not+(title+eq+%22x%22)", "?filter=userName+pr"} {
		w.shows("south", "/Users"+query, "Resources.#", "2")
	}
	if n := w.want("south", "POST", "/.search", `{"filter":"id pr"}`, 200).Get("totalResults").Int(); n != 3 {
		t.Errorf("a search over all types finds %d", n)
	}
	if n := w.want("south", "POST", "/Users/.search", `{"filter":"userName sw \"n\""}`, 200).Get("totalResults").Int(); n != 0 {
		t.Errorf("a search finds %d", n)
	}
	for body, name := range map[string]string{shared("north-0", 7): "userName", strings.Replace(shared("other", 7), "other@", "north-1@", 1): "address"} {
		if got := w.want("south", "POST", "/Users", body, 409); got.Get("detail").String() != "a user with this userName or e-mail address exists" {
			t.Errorf("a taken %s: %s", name, got.Raw)
		}
	}
	cursor := w.want("north", "GET", "/Users?cursor=&count=1", "", 200).Get("nextCursor").String()
	if cursor == "" {
		t.Error("no cursor")
	}
	w.want("south", "GET", "/Users?count=1&cursor="+cursor, "", 400)
	if a := w.request(w.tokens["south"], "GET", w.url+"/tenants/north/scim/v2/Users/"+north.users[0], ""); a.Status != 401 {
		t.Errorf("north's URL with south's token: %d %s", a.Status, a.Body)
	}
}

// with sends a request with one header more.
func (w *world) with(who, method, path, body, header, value string) kctest.Reply {
	w.t.Helper()
	if header == "" {
		return w.send(who, method, path, body)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base(who)+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[who])
	req.Header.Set("Content-Type", "application/scim+json")
	req.Header.Set(header, value)
	return w.realm.Do(req)
}

// free returns a free group of a tenant.
func free(w *world, n neighbour) string {
	w.t.Helper()
	for _, id := range n.Pool {
		if strings.Contains(string(w.realm.Admin("GET", "/groups/"+id, "").Body), `"name":"~free-`) {
			return id
		}
	}
	w.t.Fatal("no group is free")
	return ""
}

// A caller of the whole realm and a group tenant keep apart what they keep for the same user.
func TestWholeRealmAndGroupTenantKeepApart(t *testing.T) {
	w, north, _ := neighbours(t)
	u := "/Users/" + north.users[0]
	for _, who := range []string{"acme", "manager"} {
		if a := w.want(who, "GET", u, "", 200); a.Get("title").Exists() || a.Get("externalId").Exists() {
			t.Errorf("%s sees what north keeps: %s", who, a.Raw)
		}
	}
	w.want("acme", "PATCH", u, patch(`{"op":"replace","path":"title","value":"of the realm"}`), 200)
	w.shows("north", u, "title", `"T0"`)
	w.shows("acme", "/Users"+eq("externalId", "e0"), "totalResults", "0")
}

// A tenant whose account may do more than it needs is not served, whichever kind it is of, and the
// others are. It is served again after the right was taken away.
func TestExcessIsNotServed(t *testing.T) {
	w, north, south := neighbours(t)
	for _, who := range []string{"south", "acme"} {
		clientID := map[string]string{"south": south.ClientID, "acme": "scim"}[who]
		undo := w.realm.Grant(clientID, "view-realm")
		w.serve()
		for _, q := range [][2]string{{"GET", "/Users"}, {"GET", "/Users/" + south.users[0]}, {"POST", "/Users"}, {"DELETE", "/Users/" + south.users[0]}} {
			a := w.want(who, q[0], q[1], map[bool]string{true: user("more")}[q[0] == "POST"], 500)
			if d := a.Get("detail").String(); !strings.Contains(d, "may do more than it needs") || strings.Contains(d, clientID) {
				t.Errorf("%s: %s", who, a.Raw)
			}
		}
		w.shows("north", "/Users", "totalResults", "2")
		undo()
		w.serve()
		w.want(who, "GET", "/Users/"+south.users[0], "", 200)
	}
	w.shows("north", "/Groups", "Resources.#.id", `["`+north.group+`"]`)
}

// A user that an administrator adds to a second tenant exists for neither: no list, total, filter,
// group or walk has it, as no GET does. It is back when it is in one tenant only.
func TestUserOfTwoTenants(t *testing.T) {
	w, north, south := neighbours(t)
	id := north.users[0]
	w.realm.Admin("PUT", "/users/"+id+"/groups/"+south.Group, "{}")
	for _, n := range []neighbour{north, south} {
		mine := slices.DeleteFunc(slices.Clone(n.users), func(u string) bool { return u == id })
		for _, path := range []string{"/Users", "/Users?count=1", "/Users?filter=userName+pr", "/Users?filter=not+(userName+eq+%22x%22)", "/Users?filter=active+eq+true", "/Users?sortBy=title", "/Users?filter=title+pr"} {
			w.shows(n.Name, path, "totalResults", fmt.Sprint(len(mine)))
		}
		for _, query := range []string{eq("userName", "north-0"), eq("externalId", "e0") + "&attributes=id", eq("emails.value", "north-0@example.com")} {
			if got := w.want(n.Name, "GET", "/Users"+query, "", 200); strings.Contains(got.Raw, id) {
				t.Errorf("%s: %s: %s", n.Name, query, got.Raw)
			}
		}
		w.want(n.Name, "GET", "/Users/"+id, "", 404)
		w.want(n.Name, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"active","value":false}`), 404)
		w.want(n.Name, "DELETE", "/Users/"+id, "", 404)
		if got := w.want(n.Name, "GET", "/Groups/"+n.group, "", 200); strings.Contains(got.Raw, id) {
			t.Errorf("%s: the group has %s", n.Name, got.Raw)
		}
		w.shows(n.Name, "/Groups"+eq("members.value", id), "totalResults", "0")
		w.want(n.Name, "POST", "/Users", user("north-0"), 409)
	}
	w.realm.Admin("DELETE", "/users/"+id+"/groups/"+south.Group, "")
	w.shows("north", "/Users"+eq("externalId", "e0"), "Resources.#.id", `["`+id+`"]`)
	w.shows("north", "/Users", "totalResults", "2")
	w.shows("north", "/Groups/"+north.group, "members.#.value", `["`+id+`"]`)
	w.shows("south", "/Users", "totalResults", "2")
}
