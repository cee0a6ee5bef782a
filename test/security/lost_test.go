package security

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy"
)

// The proxy detects a store that lost its data, whether the proxy runs at that time or not. It
// refuses requests that need the store with 503 without Retry-After, instead of answering that no
// user matches. It accepts the empty store after the operator has set store.expectStamp.
func TestLostStore(t *testing.T) {
	w := newWorld(t)
	id := w.make("acme", "/Users", user("ada"))
	refused := func(when string) {
		t.Helper()
		for _, q := range [][3]string{
			{"GET", "/Users?filter=externalId+eq+%22e-ada%22", ""}, {"GET", "/Users?filter=emails.value+eq+%22ada@example.com%22", ""}, {"GET", "/Users/" + id, ""},
			{"POST", "/Users", user("ada")}, {"PATCH", "/Users/" + id, patch(`{"op":"replace","path":"title","value":"x"}`)}, {"PUT", "/Users/" + id, user("ada")},
		} {
			if a := w.send("acme", q[0], q[1], q[2]); a.Status != 503 || a.Header.Get("Retry-After") != "" {
				t.Errorf("%s: %s %s: %d %s", when, q[0], q[1], a.Status, a.Body)
			}
		}
	}
	kept := w.records()
	stamp := ""
	for k, v := range kept {
		if strings.HasPrefix(k, "kscim:{system}:r:stamp") {
			stamp = v
		}
	}
	if stamp == "" {
		t.Fatalf("no stamp in %v", kept)
	}
	flush := func() {
		if _, err := w.redis.Do("FLUSHALL"); err != nil {
			t.Fatal(err)
		}
	}
	flush()
	w.serve()
	refused("lost while the proxy did not run")
	if a := w.realm.Admin("GET", "/users/"+id, ""); gjson.GetBytes(a.Body, "firstName").String() != "G" {
		t.Errorf("%s", a.Body)
	}
	// The operator accepts the loss.
	fresh := ""
	for k, v := range w.records() {
		if strings.HasPrefix(k, "kscim:{system}:r:stamp") {
			fresh = v
		}
	}
	fields := gjson.Parse(fresh).Array()
	for i, f := range fields {
		if f.String() == "body" {
			w.cfg.Store.ExpectStamp = fields[i+1].String()
		}
	}
	w.serve()
	if a := w.send("acme", "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"title","value":"again"}`)); a.Status != 200 {
		t.Fatalf("accepted: %d %s", a.Status, a.Body)
	}
	w.cfg.Store.ExpectStamp = ""
	w.serve()
	if a := w.send("acme", "GET", "/Users/"+id, ""); gjson.GetBytes(a.Body, "title").String() != "again" {
		t.Errorf("the accepted store: %d %s", a.Status, a.Body)
	}
}

// The account of a group tenant may not mark its own user. A group of the tenant's pool has the
// mark, and the tenant cannot reach it.
func TestLostStoreOfAGroupTenant(t *testing.T) {
	w, north, _ := neighbours(t)
	marked := ""
	for _, id := range north.Pool {
		if g := w.realm.Admin("GET", "/groups/"+id, "").Body; gjson.GetBytes(g, "name").String() == "~store" {
			marked = id
		}
	}
	if marked == "" {
		t.Fatal("no group of the pool has the mark")
	}
	for _, q := range [][3]string{
		{"GET", "/Groups/" + marked, ""}, {"DELETE", "/Groups/" + marked, ""}, {"PATCH", "/Groups/" + marked, patch(`{"op":"replace","path":"displayName","value":"mine"}`)},
		{"PATCH", "/Groups/" + marked, patch(`{"op":"add","path":"members","value":[{"value":"` + north.users[0] + `"}]}`)}, {"PUT", "/Groups/" + marked, group("mine")},
	} {
		w.want("north", q[0], q[1], q[2], 404)
	}
	w.want("north", "POST", "/Groups", group("~Store"), 400)
	w.want("north", "PATCH", "/Groups/"+north.group, patch(`{"op":"replace","path":"displayName","value":"~store"}`), 400)
	w.shows("north", "/Groups", "Resources.#.id", `["`+north.group+`"]`)
	w.serve()
	w.shows("north", "/Users"+eq("externalId", "e0"), "totalResults", "1")
	if _, err := w.redis.Do("FLUSHALL"); err != nil {
		t.Fatal(err)
	}
	w.serve()
	for _, path := range []string{"/Users" + eq("externalId", "e0"), "/Users/" + north.users[0], "/Groups"} {
		if a := w.send("north", "GET", path, ""); a.Status != 503 || a.Header.Get("Retry-After") != "" {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	w.want("north", "POST", "/Users", shared("new", 9), 503)
}

// A group tenant whose pool is empty is served without a mark, and gets one after the pool was
// filled and the proxy was restarted.
func TestMarkOfAnEmptyPool(t *testing.T) {
	w := newWorld(t)
	n := w.realm.NewGroupTenant("north", 0, false)
	w.tenant("north", n.ClientID, n.Secret)
	w.cfg.Tenants[len(w.cfg.Tenants)-1].Group = n.Path[1:]
	w.serve()
	w.make("north", "/Users", shared("one", 1))
	w.realm.Refill(&n, 1)
	w.serve()
	w.make("north", "/Users", shared("two", 2))
	if g := w.realm.Admin("GET", "/groups/"+n.Pool[0], "").Body; gjson.GetBytes(g, "name").String() != "~store" || gjson.GetBytes(g, `attributes.kscim\.store.0`).String() == "" {
		t.Errorf("%s", g)
	}
}

// AcceptStore makes the proxy use an empty store. The demo calls it for a store that it has just
// created.
func TestAcceptedStore(t *testing.T) {
	w := newWorld(t)
	w.make("acme", "/Users", user("ada"))
	if _, err := w.redis.Do("FLUSHALL"); err != nil {
		t.Fatal(err)
	}
	cfg := w.cfg
	cfg.Listen, cfg.AdminListen = "127.0.0.1:0", ""
	p, err := proxy.New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	ask := func() int {
		r := httptest.NewRequest("GET", "/scim/v2/Users?filter=externalId+eq+%22e-ada%22", nil)
		r.Header.Set("Authorization", "Bearer "+w.tokens["acme"])
		a := httptest.NewRecorder()
		p.Handler().ServeHTTP(a, r)
		return a.Code
	}
	if err := p.AcceptStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status := ask(); status != 200 {
		t.Errorf("accepted: %d", status)
	}
}
