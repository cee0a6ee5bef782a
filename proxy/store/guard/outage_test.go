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

// If the store does not answer, operations that wait for its check share one time-out instead of
// each waiting for one.
func TestOperationsShareAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		g := guard.New(m, guard.Options{Now: time.Now, NewID: rand.Text})
		const timeout = 3 * time.Second
		m.OnOp(func(ctx context.Context, _ storetest.Op) error {
			time.Sleep(timeout)
			return store.Unavailable(ctx, "test", errors.New("no answer"))
		})
		begun := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if err := g.Check(t.Context()); !errors.Is(err, store.ErrUnavailable) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(begun); took > 2*timeout {
			t.Errorf("20 operations took %s", took)
		}
		m.OnOp(nil)
		if err := g.Check(t.Context()); err != nil {
			t.Errorf("the store is back: %v", err)
		}
	})
}
