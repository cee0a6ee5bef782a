package storetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(testing.TB) store.Engine { return storetest.NewMemory() })
}

func TestMemorySealed(t *testing.T) {
	keys, err := store.NewKeys(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(testing.TB) store.Engine { return store.Seal(storetest.NewMemory(), keys) })
}

func TestMemoryGuarded(t *testing.T) {
	storetest.RunGuard(t, func(testing.TB) store.Engine { return storetest.NewMemory() })
}

func TestMemoryFailsOnDemand(t *testing.T) {
	ctx, m := t.Context(), storetest.NewMemory()
	s := m.Open("acme")
	down := store.Unavailable(ctx, "test", errors.New("down"))
	m.SetDown(down)
	if _, err := s.Save(ctx, "u1", store.Record{}); !errors.Is(err, down) {
		t.Errorf("down: got %v", err)
	}
	m.SetDown(nil)
	if _, err := s.Save(ctx, "u1", store.Record{}); err != nil {
		t.Errorf("up again: got %v", err)
	}

	refuse := errors.New("not this one")
	m.OnOp(func(_ context.Context, op storetest.Op) error {
		if op.Name == "Delete" {
			return refuse
		}
		return nil
	})
	if err := s.Delete(ctx, "u1"); !errors.Is(err, refuse) {
		t.Errorf("refused delete: got %v", err)
	}
	if got, err := s.Load(ctx, "u1"); err != nil || len(got) != 1 {
		t.Errorf("refused delete did its work: %v, %v", got, err)
	}
}

func TestMemoryLosesAnUnlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		s := m.Open("acme")
		m.OnOp(func(_ context.Context, op storetest.Op) error {
			if op.Name == "Unlock" {
				return errors.New("lost")
			}
			return nil
		})
		unlock, err := s.Lock(t.Context(), "u1", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
		start := time.Now()
		if _, err := s.Lock(t.Context(), "u1", time.Hour); err != nil || time.Since(start) != time.Hour {
			t.Errorf("the lock was free after %s, %v; want its ttl", time.Since(start), err)
		}
	})
}

func TestMemoryCounts(t *testing.T) {
	ctx, m := t.Context(), storetest.NewMemory()
	s := m.Open("acme")
	if _, err := s.Load(ctx, "u1", "u2"); err != nil {
		t.Fatal(err)
	}
	m.Reset()
	unlock, err := s.Lock(ctx, "u1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(ctx, ""); err == nil { // it fails before it reaches the store
		t.Error("an empty id was taken")
	}
	if _, err := s.Find(ctx, "a", "b"); err != nil {
		t.Fatal(err)
	}
	unlock()
	want := []storetest.Op{{"acme", "Lock", []string{"u1"}}, {"acme", "Find", []string{"a", "b"}}, {"acme", "Unlock", []string{"u1"}}}
	if diff := cmp.Diff(want, m.Ops()); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}
