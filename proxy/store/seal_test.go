package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// material returns a key for a name.
func material(name string) []byte { return bytes.Repeat([]byte(name), 32)[:32] }

func load(t testing.TB, s store.Space, id string) store.Record {
	t.Helper()
	recs, err := s.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return recs[id]
}

func save(t testing.TB, s store.Space, id string, r store.Record) uint64 {
	t.Helper()
	rev, err := s.Save(t.Context(), id, r)
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func find(t testing.TB, s store.Space, terms ...string) []string {
	t.Helper()
	ids, err := s.Find(t.Context(), terms...)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

const (
	secretBody = `{"title":"Top Secret"}`
	secretTerm = "externalid\x00Secret-4711"
)

func secret() store.Record {
	return store.Record{Body: []byte(secretBody), Terms: []string{secretTerm}}
}

func TestTheEngineSeesNoPlainText(t *testing.T) {
	m := storetest.NewMemory()
	s := store.Seal(m, storetest.Keys(t, "k1")).Open("acme")
	save(t, s, "u1", secret())
	unlock, err := s.Lock(t.Context(), "lock of Secret-4711", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if seen := fmt.Sprintf("%s %s", load(t, m.Open("acme"), "u1").Body, m.Ops()); strings.Contains(seen, "Secret") {
		t.Errorf("the engine saw %s", seen)
	}
}

func TestSealedAlikeLooksDifferent(t *testing.T) {
	m := storetest.NewMemory()
	e := store.Seal(m, storetest.Keys(t, "k1"))
	for _, tenant := range []string{"acme", "acme2"} {
		save(t, e.Open(tenant), "u1", secret())
		save(t, e.Open(tenant), "u2", secret())
	}
	a1, a2, b1 := load(t, m.Open("acme"), "u1"), load(t, m.Open("acme"), "u2"), load(t, m.Open("acme2"), "u1")
	if bytes.Equal(a1.Body, a2.Body) || bytes.Equal(a1.Body, b1.Body) {
		t.Error("the same body gives the same ciphertext")
	}
	if a1.Terms[0] != a2.Terms[0] {
		t.Error("one term of one tenant has two hashes")
	}
	if a1.Terms[0] == b1.Terms[0] {
		t.Error("a term has the same hash for two tenants")
	}
}

func TestWhatWasMovedOrChangedIsUnreadable(t *testing.T) {
	m := storetest.NewMemory()
	e := store.Seal(m, storetest.Keys(t, "k1"))
	save(t, e.Open("acme"), "u1", secret())
	sealed := load(t, m.Open("acme"), "u1")
	sealed.Rev = 0
	flip := func(at int) store.Record {
		b := bytes.Clone(sealed.Body)
		b[(at+len(b))%len(b)] ^= 1
		return store.Record{Body: b}
	}
	for name, c := range map[string]struct {
		tenant, id string
		r          store.Record
	}{
		"to another id":       {"acme", "u2", sealed},
		"to another tenant":   {"acme2", "u1", sealed},
		"across the boundary": {"acm", "eu1", sealed},
		"key id":              {"acme", "key id", flip(9)},
		"nonce":               {"acme", "nonce", flip(17)},
		"ciphertext":          {"acme", "ciphertext", flip(40)},
		"tag":                 {"acme", "tag", flip(-1)},
		"cut in the key id":   {"acme", "cut", store.Record{Body: sealed.Body[:10]}},
		"cut in the nonce":    {"acme", "cut 2", store.Record{Body: sealed.Body[:20]}},
		"cut at the end":      {"acme", "cut 3", store.Record{Body: sealed.Body[:len(sealed.Body)-1]}},
	} {
		save(t, m.Open(c.tenant), c.id, c.r)
		if got, err := e.Open(c.tenant).Load(t.Context(), c.id); !errors.Is(err, store.ErrUnreadable) || got != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestRotation(t *testing.T) {
	m := storetest.NewMemory()
	before := store.Seal(m, storetest.Keys(t, "old")).Open("acme")
	both := store.Seal(m, storetest.Keys(t, "new", "old")).Open("acme")
	after := store.Seal(m, storetest.Keys(t, "new")).Open("acme")

	rev := save(t, before, "u1", secret())
	got := load(t, both, "u1")
	if diff := cmp.Diff(store.Record{Rev: rev, Body: []byte(secretBody), Terms: []string{secretTerm}}, got); diff != "" {
		t.Errorf("under the old key (-want +got):\n%s", diff)
	}
	if ids := find(t, both, secretTerm); !slices.Equal(ids, []string{"u1"}) {
		t.Errorf("found under the old key: %q", ids)
	}
	_, err := after.Load(t.Context(), "u1")
	if !errors.Is(err, store.ErrUnreadable) || !strings.Contains(err.Error(), "not among the keys") || !strings.Contains(err.Error(), `"u1"`) {
		t.Errorf("the key is gone: %v", err)
	}

	save(t, both, "u1", got)
	if load(t, after, "u1").Terms[0] != secretTerm || !slices.Equal(find(t, after, secretTerm), []string{"u1"}) {
		t.Error("a save under both keys is not readable and findable under the new one alone")
	}
	if n := len(load(t, m.Open("acme"), "u1").Terms); n != 1 {
		t.Errorf("%d terms are left in the engine, want 1: the hash under the old key remains", n)
	}
}

func TestEncryptionIsTurnedOnLater(t *testing.T) {
	m := storetest.NewMemory()
	save(t, m.Open("acme"), "u1", secret())
	s := store.Seal(m, storetest.Keys(t, "k1")).Open("acme")
	r := load(t, s, "u1")
	if string(r.Body) != secretBody || !slices.Equal(find(t, s, secretTerm), []string{"u1"}) {
		t.Errorf("a plain record: %q, found as %q", r.Body, find(t, s, secretTerm))
	}
	save(t, s, "u1", r)
	if raw := load(t, m.Open("acme"), "u1"); bytes.Contains(raw.Body, []byte("Secret")) || strings.Contains(raw.Terms[0], "Secret") {
		t.Errorf("after the next save the engine holds %q", raw.Body)
	}
	if r := load(t, s, "u1"); string(r.Body) != secretBody || !slices.Equal(find(t, s, secretTerm), []string{"u1"}) {
		t.Errorf("after the next save: %q", r.Body)
	}
}

// An attacker who can write to the store, but does not have the keys, cannot plant a record.
func TestPlainRecordsAreRefused(t *testing.T) {
	m := storetest.NewMemory()
	strict := store.SealStrictly(m, storetest.Keys(t, "k1")).Open("acme")
	rev := save(t, strict, "u1", secret())
	save(t, m.Open("acme"), "planted", secret())
	save(t, m.Open("acme"), "empty", store.Record{Terms: []string{secretTerm}})
	save(t, m.Open("acme"), "over", store.Record{Rev: save(t, strict, "over", secret()), Body: []byte(secretBody), Terms: []string{secretTerm}})
	for _, id := range []string{"planted", "empty", "over"} {
		if got, err := strict.Load(t.Context(), id); !errors.Is(err, store.ErrUnreadable) || got != nil {
			t.Errorf("Load(%s): %v, %v", id, got, err)
		}
	}
	if ids := find(t, strict, secretTerm); !slices.Equal(ids, []string{"u1"}) {
		t.Errorf("found: %q", ids)
	}
	if r := load(t, strict, "u1"); r.Rev != rev || string(r.Body) != secretBody {
		t.Errorf("a sealed record: %+v", r)
	}
}

// Two processes that have the same keys in another order take the locks of a name in the same
// order. Otherwise each could wait for the other.
func TestLocksAreTakenInOneOrder(t *testing.T) {
	m := storetest.NewMemory()
	var orders []string
	for _, names := range [][]string{{"k1", "k2", "k3"}, {"k3", "k2", "k1"}, {"k2", "k3", "k1"}} {
		m.Reset()
		unlock, err := store.Seal(m, storetest.Keys(t, names...)).Open("acme").Lock(t.Context(), "u1", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		orders = append(orders, fmt.Sprint(m.Ops()))
		unlock()
	}
	if len(slices.Compact(orders)) != 1 {
		t.Errorf("%q", orders)
	}
}
