package leaver_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/leaver"
)

// Each tenant is swept once an hour, but not while another process sweeps it; a sweep ends, and so
// does the loop.
func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var locked atomic.Bool
		var swept, said, free atomic.Int64
		pass := leaver.Pass{
			Lock: func(ctx context.Context) (func(), error) {
				if locked.Load() {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return func() { free.Add(1) }, nil
			},
			Sweep: func(ctx context.Context) (int, error) {
				n := swept.Add(1)
				if n == 3 {
					<-ctx.Done()
					return 0, errors.New("slow")
				}
				return int(n) - 1, nil
			},
			Done: func(int, error) { said.Add(1) },
		}
		done := make(chan struct{})
		go func() { leaver.Keep(ctx, func() []leaver.Pass { return []leaver.Pass{pass} }); close(done) }()
		time.Sleep(11 * time.Minute) // a sweep takes ten
		for _, row := range []struct {
			locked             bool
			swept, said, freed int64
		}{{false, 1, 0, 1}, {false, 2, 1, 2}, {true, 2, 1, 2}, {false, 3, 2, 3}} {
			locked.Store(row.locked)
			time.Sleep(time.Hour)
			synctest.Wait()
			if swept.Load() != row.swept || said.Load() != row.said || free.Load() != row.freed {
				t.Errorf("%+v: swept %d, said %d, freed %d", row, swept.Load(), said.Load(), free.Load())
			}
		}
		stop()
		<-done
	})
}
