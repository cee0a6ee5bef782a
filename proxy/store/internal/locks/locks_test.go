package locks_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/locks"
)

func TestALockIsPassedOnAtUnlockOrExpiry(t *testing.T) {
	for name, c := range map[string]struct{ unlockAfter, want time.Duration }{
		"unlocked": {3 * time.Second, 3 * time.Second},
		"expired":  {time.Hour, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var table locks.Table
				key, start := locks.Key{Tenant: "acme", Name: "u1"}, time.Now()
				unlock, err := table.Lock(t.Context(), key, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				timer := time.AfterFunc(c.unlockAfter, unlock)
				defer timer.Stop()
				second, err := table.Lock(t.Context(), key, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(start); waited != c.want {
					t.Errorf("waited %s, want %s", waited, c.want)
				}
				unlock() // a second time, or after expiry: another caller holds the lock now
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := table.Lock(ctx, key, time.Minute); !errors.Is(err, store.ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("third: got %v, want ErrLocked and DeadlineExceeded", err)
				}
				second()
			})
		})
	}
}
