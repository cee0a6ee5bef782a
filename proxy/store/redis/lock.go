package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// How long a waiter sleeps before it asks again: doubling from the first to the last, with jitter, never beyond the lock's expiry.
const (
	firstWait = 5 * time.Millisecond
	lastWait  = 100 * time.Millisecond
)

// Lock is store.Space.Lock.
func (s *space) Lock(ctx context.Context, key string, ttl time.Duration) (func(), error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckLock(key, ttl), begin(ctx, "lock")); err != nil {
		return nil, err
	}
	name, token := s.keys.lock(key), rand.Text()
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		left, err := s.take(ctx, name, token, ttl)
		if err != nil {
			return nil, waited(ctx, wait > firstWait, err)
		}
		if left == 0 {
			return func() { s.free(ctx, name, token) }, nil
		}
		if !pause(ctx, min(wait/2+mathrand.N(wait), left)) {
			return nil, store.Locked(ctx)
		}
	}
}

// waited tells a context that ended while the lock was held by another, which is ErrLocked, from a store that does not answer.
func waited(ctx context.Context, held bool, err error) error {
	if held && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return store.Locked(ctx)
	}
	return err
}

// take returns 0 when the lock is ours, else how long it is held at most.
func (s *space) take(ctx context.Context, name, token string, ttl time.Duration) (time.Duration, error) {
	millis := (ttl + time.Millisecond - 1) / time.Millisecond // PX 0 is an error
	left, err := s.scripts.lock.Run(ctx, s.client, []string{name}, token, int64(millis)).Int64()
	return time.Duration(left) * time.Millisecond, failed(ctx, "lock", err)
}

// free gives the lock back also after the caller's context has ended. If that fails, the lock ends with its ttl.
func (s *space) free(ctx context.Context, name, token string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	_ = s.scripts.unlock.Run(ctx, s.client, []string{name}, token).Err()
}

// pause says whether the time has passed before the context ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
