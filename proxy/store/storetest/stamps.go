package storetest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// stamp returns the stamp that the guard sees.
func stamp(t testing.TB, g *guard.Engine) (text string, created bool) {
	t.Helper()
	text, created, err := g.Stamp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return text, created
}

func oneStamp(t *testing.T, e store.Engine) {
	var c clock
	first, created := stamp(t, process(t, e, &c))
	if first == "" || !created {
		t.Errorf("the first process: %q, %v", first, created)
	}
	for _, names := range [][]string{nil, {"k1"}, {"k2", "k1"}} {
		g := process(t, e, &c, names...)
		for range 2 {
			if later, created := stamp(t, g); later != first || created {
				t.Errorf("with the keys %q: stamp %q, %v; want %q", names, later, created, first)
			}
			c.recheck()
		}
	}
}

// wipe empties the store without the guards' knowledge.
func wipe(t testing.TB, e store.Engine) {
	t.Helper()
	for _, tenant := range []string{"acme", store.SystemSpace} {
		ids, err := e.Open(tenant).Scan(t.Context(), "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Open(tenant).Delete(t.Context(), ids...); err != nil {
			t.Fatal(err)
		}
	}
}

func emptied(t *testing.T, e store.Engine) {
	for _, names := range [][]string{nil, {"k1"}} {
		var c clock
		g := process(t, e, &c, names...)
		works(t, g, fmt.Sprint("u1 ", names))
		had, _ := stamp(t, g)
		wipe(t, e)
		c.recheck()
		refuses(t, e, g, store.ErrLost)
		if text := fmt.Sprint(g.Check(t.Context())); !strings.Contains(text, had) || !strings.Contains(text, "restart the proxy") {
			t.Errorf("the error names neither the stamp nor what to do: %s", text)
		}
		c.recheck()
		refuses(t, e, g, store.ErrLost) // it does not accept the loss after a while

		save(t, e.Open(store.SystemSpace), "stamp", store.Record{Body: []byte(had)}) // its data are restored
		c.recheck()
		works(t, g, fmt.Sprint("u2 ", names))
		wipe(t, e)
	}
}

func replaced(t *testing.T, e store.Engine) {
	var c clock
	running := process(t, e, &c, "k1")
	works(t, running, "u1")
	had, _ := stamp(t, running)
	wipe(t, e)
	restarted := process(t, e, &c, "k1")
	works(t, restarted, "u2")
	c.recheck()
	refuses(t, e, running, store.ErrLost)
	works(t, restarted, "u3")
	has, created := stamp(t, restarted)
	if !created || has == had {
		t.Errorf("the restarted process: stamp %q, %v; it was %q", has, created, had)
	}
}

func unexpectedStamp(t *testing.T, e store.Engine) {
	var c clock
	expect := func(stamp string) *guard.Engine {
		return guard.New(e, guard.Options{ExpectStamp: stamp, Now: c.time, NewID: rand.Text})
	}
	refuses(t, e, expect("another"), store.ErrLost)
	has, _ := stamp(t, process(t, e, &c))
	other := expect("another")
	refuses(t, e, other, store.ErrLost)
	c.recheck()
	refuses(t, e, other, store.ErrLost)
	if text := fmt.Sprint(other.Check(t.Context())); !strings.Contains(text, has) || !strings.Contains(text, "store.expectStamp names another") {
		t.Errorf("the error does not say what differs: %s", text)
	}
	works(t, expect(has), "u1")
}
