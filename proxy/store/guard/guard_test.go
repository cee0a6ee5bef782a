package guard_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func save(t testing.TB, s store.Space, id string, r store.Record) {
	t.Helper()
	if _, err := s.Save(t.Context(), id, r); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, s store.Space, id string) store.Record {
	t.Helper()
	recs, err := s.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return recs[id]
}

func guarded(t testing.TB, e store.Engine, names ...string) *guard.Engine {
	t.Helper()
	o := guard.Options{Now: time.Now, NewID: rand.Text}
	if len(names) > 0 {
		o.Keys = storetest.Keys(t, names...)
	}
	return guard.New(e, o)
}

// If the store starts after the process, operations fail as with any store that is down.
func TestGuardWaitsForTheStore(t *testing.T) {
	m := storetest.NewMemory()
	m.SetDown(store.Unavailable(t.Context(), "test", errors.New("down")))
	g := guarded(t, m, "k1")
	s := g.Open("acme")
	for range 2 {
		if _, err := s.Load(t.Context(), "u1"); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrKeys) {
			t.Errorf("down: Load: %v", err)
		}
		if _, err := s.Lock(t.Context(), "u1", time.Minute); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("down: Lock: %v", err)
		}
	}
	if err := g.Check(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("down: Check: %v", err)
	}
	m.SetDown(nil)
	save(t, s, "u1", store.Record{Terms: []string{"t"}})
	if err := guarded(t, m, "k2").Check(t.Context()); !errors.Is(err, store.ErrKeys) {
		t.Errorf("the store was sealed without a canary: %v", err)
	}
}

// The check costs two round trips every two seconds, for any number of operations.
func TestGuardIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		s := guarded(t, m, "k1").Open("acme")
		load(t, s, "u1")
		for round := range 3 {
			m.Reset()
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() { load(t, s, "u1") })
			}
			all.Wait()
			want := 10
			if round > 0 {
				want += 2
			}
			if n := len(m.Ops()); n != want {
				t.Errorf("round %d: ten loads made %d round trips, want %d", round, n, want)
			}
			time.Sleep(2 * time.Second)
		}
	})
}

// A caller who cancels during the check does not affect the others.
func TestGuardOfACallerWhoLeaves(t *testing.T) {
	m := storetest.NewMemory()
	s := guarded(t, m, "k1").Open("acme")
	checking := make(chan struct{})
	m.OnOp(func(ctx context.Context, op storetest.Op) error {
		if op.Tenant != store.SystemSpace {
			return nil
		}
		m.OnOp(nil)
		close(checking)
		<-ctx.Done()
		return store.Unavailable(ctx, "test", ctx.Err())
	})
	leaving, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := s.Load(leaving, "u1"); !errors.Is(err, context.Canceled) {
			t.Errorf("who left: %v", err)
		}
	})
	<-checking
	impatient, expire := context.WithCancel(t.Context())
	expire()
	if _, err := s.Load(impatient, "u1"); !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("who came with an ended context: %v", err)
	}
	all.Go(func() { load(t, s, "u1") })
	leave()
	all.Wait()
}

// RequireSealed refuses plain records, and a canary that an attacker plants in plain.
func TestPlainRecordsAreRefusedByTheGuard(t *testing.T) {
	m := storetest.NewMemory()
	save(t, m.Open("acme"), "planted", store.Record{Terms: []string{"t"}})
	o := guard.Options{Keys: storetest.Keys(t, "k1"), RequireSealed: true, Now: time.Now, NewID: rand.Text}
	s := guard.New(m, o).Open("acme")
	if _, err := s.Load(t.Context(), "planted"); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("Load: %v", err)
	}
	if ids, err := s.Find(t.Context(), "t"); err != nil || len(ids) > 0 {
		t.Errorf("found: %q, %v", ids, err)
	}
	system := m.Open(store.SystemSpace)
	ids, err := system.Scan(t.Context(), "", 10)
	if err != nil || len(ids) == 0 {
		t.Fatal(ids, err)
	}
	save(t, system, ids[0], store.Record{Rev: load(t, system, ids[0]).Rev, Body: []byte("canary")})
	if err := guard.New(m, o).Check(t.Context()); !errors.Is(err, store.ErrKeys) {
		t.Errorf("a plain canary: %v", err)
	}
}

// Look decides as Check does, and writes nothing.
func TestLook(t *testing.T) {
	m := storetest.NewMemory()
	system := m.Open(store.SystemSpace)
	records := func() int {
		ids, err := system.Scan(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	keys := func(names ...string) guard.Options { return guard.Options{Keys: storetest.Keys(t, names...)} }
	if stamp, err := guard.Look(t.Context(), m, keys("k1")); stamp != "" || err != nil || records() != 0 {
		t.Errorf("a new store: %q, %v, %d records", stamp, err, records())
	}
	want, _, err := guarded(t, m, "k1").Stamp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		o    guard.Options
		want error
	}{
		{"the same keys", keys("k1"), nil}, {"another key in front", keys("k2", "k1"), nil}, {"without the key", keys("k2"), store.ErrKeys},
		{"without keys", guard.Options{}, store.ErrKeys}, {"another stamp", guard.Options{Keys: keys("k1").Keys, ExpectStamp: "other"}, store.ErrLost},
	} {
		stamp, err := guard.Look(t.Context(), m, row.o)
		if stamp != want || !errors.Is(err, row.want) || (err == nil) != (row.want == nil) || records() != 3 {
			t.Errorf("%s: %q, %v, %d records", row.name, stamp, err, records())
		}
	}
}
