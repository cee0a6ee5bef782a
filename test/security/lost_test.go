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
