package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journal/changes"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// request sends a request with an id, and returns its status, 0 without an answer.
func (c client) request(t testing.TB, id, method, path, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/scim+json")
	r.Header.Set("X-Request-Id", id)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = a.Body.Close()
	return a.StatusCode
}

// entries are what `scim-proxy journal` prints.
func entries(t testing.TB, binary, cfg string, args ...string) (all []journal.Entry) {
	t.Helper()
	out, code := proxytest.Run(t, binary, append([]string{"journal", "acme", "--config", cfg, "--output", "json", "--most", "0"}, args...)...)
	if code != 0 {
		t.Fatalf("journal: exit code %d: %s", code, out)
	}
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var e journal.Entry
		if err := d.Decode(&e); err != nil {
			t.Fatal(err, out)
		}
		all = append(all, e)
	}
	return all
}

// settled waits until a request has an entry that is not open, and returns its entries.
func settled(t testing.TB, binary, cfg, request string) []journal.Entry {
	t.Helper()
	for range 600 {
		all := entries(t, binary, cfg, "--request", request)
		if len(all) > 0 && !slices.ContainsFunc(all, func(e journal.Entry) bool { return e.State == journal.Open }) {
			return all
		}
		time.Sleep(200 * time.Millisecond) // the other side is another process
	}
	t.Fatalf("the entries of %s stay open: %+v", request, entries(t, binary, cfg, "--request", request))
	return nil
}

// agrees fails the test if an entry says something else than a GET shows.
func (c client) agrees(t testing.TB, e journal.Entry) {
	t.Helper()
	path := "/" + string(e.Type) + "s/" + e.Target
	wrong := func(format string, args ...any) {
		t.Errorf("%s %s (%s, %q): %s", e.Verb, e.State, e.Request, e.Found, fmt.Sprintf(format, args...))
	}
	if e.Target == "" {
		if e.State != journal.Failed && e.State != journal.Refused {
			wrong("no resource")
		}
		return
	}
	a, err := c.send(t.Context(), "GET", path, "")
	gone := scim.Status(err) == 404
	switch {
	case err != nil && !gone:
		t.Fatal(err)
	case e.Verb == "delete":
		if gone != (e.State == journal.Done) {
			wrong("gone: %t", gone)
		}
		return
	case gone:
		wrong("it does not exist")
		return
	}
	for _, change := range e.Changes {
		at, err := scim.ParseAttrPath(change.Path)
		if err != nil || at.Is(changes.Modified) {
			continue
		}
		want := change.New
		if e.State == journal.Failed {
			want = change.Old
		}
		if got := a.Resource.Get(at); !document.Same(got, want) {
			wrong("%s is %s, want %s", change.Path, got, want)
		}
	}
	now := memberIDs(a.Resource)
	for _, id := range e.Added {
		if slices.Contains(now, id) != e.Happened() {
			wrong("the member %s", id)
		}
	}
	for _, id := range e.Removed {
		if slices.Contains(now, id) == e.Happened() {
			wrong("the member %s", id)
		}
	}
}

// journalFiles writes a configuration whose store is embedded, or in a Redis.
func (w *world) journalFiles(t testing.TB, url string, redis bool) string {
	t.Helper()
	cfg := w.files(t, url)
	tenant := filepath.Join(filepath.Dir(cfg), "tenants", "acme.yaml")
	text, err := os.ReadFile(tenant)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tenant, append(text, "onDelete: park\n"...), 0o600); err != nil || !redis {
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	main, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := redisserver.Start(t, redisserver.Options{})
	main = bytes.Replace(main, []byte("store: {embedded: {path: store.db}}"), []byte(`store: {redis: {addresses: ["`+s.Addr+`"]}}`), 1)
	main = bytes.Replace(main, []byte("limits: {"), []byte("limits: {request: 4s, "), 1)
	main = bytes.Replace(main, []byte(`keycloak: {url: `), []byte(`keycloak: {timeout: 2s, url: `), 1)
	if err := os.WriteFile(cfg, main, 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestJournalOfAKilledProxy kills the proxy at every call of a write to Keycloak. When it has
// started again, no entry stays open, and each says what a GET shows.
func TestJournalOfAKilledProxy(t *testing.T) {
	for _, store := range []string{"embedded", "redis"} {
		t.Run(store, func(t *testing.T) { killedWrites(t, store == "redis") })
	}
}

// write is a request of the test, for a user and a group that it has made.
type write struct {
	name               string
	method, path, body string
}

func killedWrites(t *testing.T, redis bool) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	binary, cfg := proxytest.Build(t), w.journalFiles(t, f.URL, redis)
	p := proxytest.StartProgram(t, binary, cfg)
	warm := func() client {
		c := client{p.URL + "/scim/v2", w.tenantToken}
		if _, err := c.send(t.Context(), "GET", "/Users?count=1", ""); err != nil { // the proxy gets its token and the realm's settings
			t.Fatal(err)
		}
		return c
	}
	both := []moment{before, after}
	if redis {
		both = both[1:] // an entry is left after half a minute only
	}
	n, left := 0, []string{}
	for _, kind := range []string{"create", "patch", "deactivate", "delete", "members"} {
		for _, m := range both {
			for step := 1; step < mostSteps && (!redis || step < 4); step++ {
				n++
				one := w.planned(t, warm(), kind, n)
				request, g := fmt.Sprintf("kill-%d", n), newGate(step)
				f.hold(g, m)
				c := warmClient(p, w)
				held, _ := g.during(func() error { c.request(t, request, one.method, one.path, one.body); return nil }, p.Kill)
				f.heal()
				if !held {
					break
				}
				p = proxytest.StartProgram(t, binary, cfg)
				c = warm()
				if all := entries(t, binary, cfg, "--request", request); len(all) == 0 {
					continue // it was killed before it began anything
				}
				if left = append(left, request); redis { // they are settled together, later
					continue
				}
				for _, e := range settled(t, binary, cfg, request) {
					c.agrees(t, e)
				}
			}
		}
	}
	if len(left) < 5 {
		t.Errorf("%d writes were killed", len(left))
	}
	for _, request := range left {
		for _, e := range settled(t, binary, cfg, request) {
			warmClient(p, w).agrees(t, e)
			t.Logf("%s: %s: %s", e.Verb, e.State, e.Found)
		}
	}
	if open := entries(t, binary, cfg, "--failed"); slices.ContainsFunc(open, func(e journal.Entry) bool { return e.State == journal.Open }) {
		t.Errorf("open: %+v", open)
	}
	p.Kill()
}

func warmClient(p *proxytest.Program, w *world) client {
	return client{p.URL + "/scim/v2", w.tenantToken}
}

// planned makes the users and the group of a write.
func (w *world) planned(t *testing.T, c client, kind string, n int) write {
	t.Helper()
	person := func(name string) string {
		return fmt.Sprintf(`{"schemas":[%q],"userName":%q,"title":"Old","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"%[2]s@example.com","primary":true}],"active":true}`, scim.UserURN, name)
	}
	if kind == "create" {
		return write{kind, "POST", "/Users", person(fmt.Sprintf("new%d", n))}
	}
	made, err := c.send(t.Context(), "POST", "/Users", person(fmt.Sprintf("known%d", n)))
	if err != nil {
		t.Fatal(err)
	}
	user := made.Resource.ID()
	switch kind {
	case "patch":
		return write{kind, "PATCH", "/Users/" + user, patchBody([]scim.Op{{Kind: scim.ReplaceAll, Value: `{"title":"New","name":{"givenName":"C"}}`}})}
	case "deactivate":
		return write{kind, "PATCH", "/Users/" + user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "active", "false")})}
	case "delete":
		return write{kind, "DELETE", "/Users/" + user, ""}
	}
	g := group(t, c, fmt.Sprintf("group%d", n))
	if _, err := c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.Add, "members", valueList([]string{user}))})); err != nil {
		t.Fatal(err)
	}
	ids := w.users(t, fmt.Sprintf("m%d-", n), 3)
	return write{kind, "PATCH", "/Groups/" + g, patchBody([]scim.Op{
		opOn(scim.Add, "members", valueList(append(ids, user))), opOn(scim.Remove, `members[value eq "`+user+`"]`, ""),
		opOn(scim.ReplaceAll, "displayName", fmt.Sprintf(`"renamed%d"`, n)),
	})}
}
