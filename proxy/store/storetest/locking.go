package storetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// Times that the suite waits for: a ttl, and a wait that is long enough for one try on a busy
// machine.
const (
	shortTTL  = 60 * time.Millisecond
	shortWait = 250 * time.Millisecond
)

func lockExcludes(t *testing.T, e store.Engine) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var inside, entered atomic.Int64
	together(4, func(int) {
		s := e.Open("acme")
		for range 4 {
			unlock, err := s.Lock(ctx, "u1", 2*patience)
			if err != nil {
				t.Error(err)
				return
			}
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d hold the lock", n)
			}
			if _, err := s.Load(ctx, "u1"); err != nil { // gives the others time to violate the lock
				t.Error(err)
			}
			entered.Add(1)
			inside.Add(-1)
			unlock()
		}
	})
	if entered.Load() != 16 {
		t.Errorf("the lock was taken %d times, want 16", entered.Load())
	}
	first, err := e.Open("acme").Lock(ctx, "u1", 2*patience)
	if err != nil {
		t.Fatal(err)
	}
	other, err := e.Open("acme").Lock(ctx, "u2", 2*patience)
	if err != nil {
		t.Fatalf("a lock of another name is in the way: %v", err)
	}
	other()
	first()
}

func lockExpires(t *testing.T, e store.Engine) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s := e.Open("acme")
	late, err := s.Lock(ctx, "u1", shortTTL)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := s.Lock(ctx, "u1", 2*patience)
	if err != nil {
		t.Fatalf("the lock did not expire: %v", err)
	}
	late() // expired: another caller holds it now
	locked(t, s)
	unlock()
	again, err := s.Lock(ctx, "u1", 2*patience)
	if err != nil {
		t.Fatalf("the lock was not freed: %v", err)
	}
	unlock() // a second time
	locked(t, s)
	again()
}

// locked checks that the lock cannot be taken.
func locked(t *testing.T, s store.Space) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), shortWait)
	defer cancel()
	unlock, err := s.Lock(ctx, "u1", patience)
	if err == nil {
		unlock()
		t.Error("the lock is held twice")
		return
	}
	fails(t, "Lock", err, store.ErrLocked)
	fails(t, "Lock", err, context.DeadlineExceeded)
}

func lockWaitEnds(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	unlock, err := s.Lock(t.Context(), "u1", 2*patience)
	if err != nil {
		t.Fatal(err)
	}
	locked(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(shortWait, cancel)
	defer timer.Stop()
	_, err = s.Lock(ctx, "u1", patience)
	fails(t, "Lock", err, store.ErrLocked)
	fails(t, "Lock", err, context.Canceled)

	held, done := context.WithCancel(t.Context())
	unlock()
	unlock, err = s.Lock(held, "u1", 2*patience)
	if err != nil {
		t.Fatal(err)
	}
	done()
	unlock() // also after the holder's context has ended
	wait, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	unlock, err = s.Lock(wait, "u1", patience)
	if err != nil {
		t.Fatalf("unlock after the end of the context did not free the lock: %v", err)
	}
	unlock()
}
