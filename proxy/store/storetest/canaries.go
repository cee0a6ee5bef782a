package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// canaries returns the ids of the canaries.
func canaries(t testing.TB, e store.Engine) (ids []string) {
	t.Helper()
	all, err := e.Open(store.SystemSpace).Scan(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range all {
		if strings.HasPrefix(id, "key.") {
			ids = append(ids, id)
		}
	}
	return ids
}

func otherKey(t *testing.T, e store.Engine) {
	var c clock
	save(t, process(t, e, &c, "k1").Open("acme"), "u1", store.Record{Terms: []string{"t"}})
	other := process(t, e, &c, "k2")
	refuses(t, e, other, store.ErrKeys)
	name := strings.TrimPrefix(canaries(t, e)[0], "key.")
	if text := fmt.Sprint(other.Check(t.Context())); !strings.Contains(text, name) || !strings.Contains(text, "store.encryption.keyFiles") {
		t.Errorf("the error names neither the key nor what to do: %s", text)
	}
	c.recheck()
	refuses(t, e, other, store.ErrKeys)
	finds(t, process(t, e, &c, "k1").Open("acme"), []string{"u1"}, "t")
}

func noKey(t *testing.T, e store.Engine) {
	var c clock
	save(t, process(t, e, &c, "k1").Open("acme"), "u1", store.Record{Terms: []string{"t"}})
	refuses(t, e, process(t, e, &c), store.ErrKeys)
}

func damagedCanary(t *testing.T, e store.Engine) {
	var c clock
	works(t, process(t, e, &c, "k1"), "u1")
	id, system := canaries(t, e)[0], e.Open(store.SystemSpace)
	records, err := system.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r := records[id]
	r.Body[len(r.Body)-1] ^= 1
	save(t, system, id, r)
	refuses(t, e, process(t, e, &c, "k1"), store.ErrKeys)
}

func keyRotates(t *testing.T, e store.Engine) {
	var c clock
	works(t, process(t, e, &c, "k1"), "u1")
	works(t, process(t, e, &c, "k1", "k2"), "u2")
	if n := len(canaries(t, e)); n != 1 {
		t.Errorf("%d canaries before the second key writes, want 1", n)
	}
	works(t, process(t, e, &c, "k2", "k1"), "u3")
	if n := len(canaries(t, e)); n != 2 {
		t.Errorf("%d canaries after the second key writes, want 2", n)
	}
	refuses(t, e, process(t, e, &c, "k1"), store.ErrKeys)
	refuses(t, e, process(t, e, &c, "k2"), store.ErrKeys)
	works(t, process(t, e, &c, "k1", "k2"), "u4")
}

func encryptionLater(t *testing.T, e store.Engine) {
	var c clock
	save(t, process(t, e, &c).Open("acme"), "u1", store.Record{Terms: []string{"t"}})
	if ids := canaries(t, e); len(ids) > 0 {
		t.Errorf("canaries %q without a key", ids)
	}
	finds(t, process(t, e, &c, "k1").Open("acme"), []string{"u1"}, "t")
	refuses(t, e, process(t, e, &c), store.ErrKeys)
}

// A process runs with the old keys when another one begins to write with a new key.
func keyAppears(t *testing.T, e store.Engine) {
	for name, old := range map[string][]string{"plain": nil, "sealed": {"k1"}} {
		var c clock
		running := process(t, e, &c, old...)
		works(t, running, "u "+name)
		works(t, process(t, e, &c, append([]string{"k " + name}, "k1")...), "v "+name)
		c.recheck()
		refuses(t, e, running, store.ErrKeys)
		if err := e.Open(store.SystemSpace).Delete(t.Context(), canaries(t, e)...); err != nil {
			t.Fatal(err)
		}
	}
}

func startApart(t *testing.T, e store.Engine) {
	var c clock
	guards := []*guard.Engine{process(t, e, &c, "k1"), process(t, e, &c, "k2"), process(t, e, &c, "k3")}
	together(len(guards), func(i int) {
		if err := guards[i].Check(t.Context()); err != nil && !errors.Is(err, store.ErrKeys) {
			t.Error(err)
		}
	})
	c.recheck()
	working := 0
	for _, g := range guards {
		if err := g.Check(t.Context()); err == nil {
			working++
		}
	}
	if working > 1 {
		t.Errorf("%d processes with different keys work", working)
	}
}
