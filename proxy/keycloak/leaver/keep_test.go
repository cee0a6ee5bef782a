package leaver_test

import (
	"context"
	"errors"
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
		locked, swept, said, free := false, 0, 0, 0
		pass := leaver.Pass{
			Lock: func(ctx context.Context) (func(), error) {
				if locked {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return func() { free++ }, nil
			},
			Sweep: func(ctx context.Context) (int, error) {
				swept++
				if swept == 3 {
					<-ctx.Done()
					return 0, errors.New("slow")
				}
				return swept - 1, nil
			},
			Done: func(int, error) { said++ },
		}
		done := make(chan struct{})
		go func() { leaver.Keep(ctx, func() []leaver.Pass { return []leaver.Pass{pass} }); close(done) }()
		time.Sleep(11 * time.Minute) // a sweep takes ten
		for _, row := range []struct {
			locked             bool
			swept, said, freed int
		}{{false, 1, 0, 1}, {false, 2, 1, 2}, {true, 2, 1, 2}, {false, 3, 2, 3}} {
			locked = row.locked
			time.Sleep(time.Hour)
			synctest.Wait()
			if swept != row.swept || said != row.said || free != row.freed {
				t.Errorf("%+v: swept %d, said %d, freed %d", row, swept, said, free)
			}
		}
		stop()
		<-done
	})
}
