package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"

	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/store"
)

// How long a waiter sleeps before it asks again. The time doubles from the first to the last, with
// jitter, and never exceeds the lock's expiry.
const (
	firstWait = 5 * time.Millisecond
	lastWait  = 100 * time.Millisecond
)

// defaultLease is how long a lock can outlive its holder. While the holder lives, the lock is
// renewed three times in that period.
const defaultLease = 15 * time.Second

// Lock is store.Space.Lock.
func (s *space) Lock(ctx context.Context, key string, ttl time.Duration) (func(), error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckLock(key, ttl), begin(ctx, "lock")); err != nil {
		return nil, err
	}
	name, token := s.keys.lock(key), rand.Text()
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		left, err := s.take(ctx, name, token, min(ttl, s.lease))
		if err != nil {
			return nil, waited(ctx, wait > firstWait, err)
		}
		if left == 0 {
			return s.hold(ctx, name, token, ttl), nil
		}
		if pause.For(ctx, min(wait/2+mathrand.N(wait), left)) != nil {
			return nil, store.Locked(ctx)
		}
	}
}

// waited returns ErrLocked for a context that ended while another holder had the lock, and
// otherwise the error of the store.
func waited(ctx context.Context, held bool, err error) error {
	if held && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return store.Locked(ctx)
	}
	return err
}

// take returns 0 if the lock was taken, and otherwise how long it can still be held.
func (s *space) take(ctx context.Context, name, token string, ttl time.Duration) (time.Duration, error) {
	millis := (ttl + time.Millisecond - 1) / time.Millisecond // Redis refuses PX 0
	left, err := s.scripts.lock.Run(ctx, s.client, []string{name}, token, int64(millis)).Int64()
	return time.Duration(left) * time.Millisecond, failed(ctx, "lock", err)
}

// hold renews the lock until it is freed or ttl is over.
func (s *space) hold(ctx context.Context, name, token string, ttl time.Duration) func() {
	if ttl <= s.lease {
		return func() { s.free(ctx, name, token) }
	}
	renewing, stop := context.WithTimeout(context.WithoutCancel(ctx), ttl)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.renew(renewing, name, token)
	}()
	return func() {
		stop()
		<-done
		s.free(ctx, name, token)
	}
}

// renew extends the lock by one lease at a time. It ends with the context or the engine, and when
// another holder has the lock. A failed renewal is repeated; the lock survives two of them.
func (s *space) renew(ctx context.Context, name, token string) {
	tick := time.NewTicker(s.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.closed:
			return
		case <-tick.C:
		}
		end, _ := ctx.Deadline()
		held, err := s.scripts.renew.Run(ctx, s.client, []string{name}, token, max(min(s.lease, time.Until(end)), time.Millisecond).Milliseconds()).Int64()
		if err == nil && held == 0 {
			return
		}
	}
}

// free frees the lock, even after the caller's context has ended. If that fails, the lock ends with
// its ttl.
func (s *space) free(ctx context.Context, name, token string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	_ = s.scripts.unlock.Run(ctx, s.client, []string{name}, token).Err()
}
