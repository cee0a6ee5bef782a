package test

import (
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// mostSteps ends a loop over the steps of a change that never comes to its end.
const mostSteps = 40

// TestPathBreaks cuts the path to Keycloak at every step of a change, once or for good. The retry reaches what was wanted.
func TestPathBreaks(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 20*time.Second)
	c := client{w.base(), w.tenantToken}
	n := 0
	for _, p := range []struct {
		name  string
		plot  plot
		steps int
	}{{"create", w.creations, 2}, {"membership", w.joinings(t), 4}} {
		for _, m := range []moment{before, after} {
			for _, stays := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/stays=%v", p.name, m, stays), func(t *testing.T) {
					failed := 0
					for step := 1; step < mostSteps; step++ {
						n++
						i := p.plot(t, c, n)
						calls := f.breakAt(int64(step), m, stays)
						err := i.try(t.Context(), c)
						f.heal()
						if err != nil {
							failed++
							mustBeRetried(t, step, err)
							if err := i.retry(t.Context(), c); err != nil {
								t.Errorf("step %d: the retry: %v", step, err)
							}
						}
						i.reached(t, c)
						if calls.Load() < int64(step) { // the change was over before
							if stays && failed < p.steps {
								t.Errorf("%d steps failed: this test tests nothing", failed)
							}
							return
						}
					}
					t.Error("the change has no end")
				})
			}
		}
	}
}

// mustBeRetried refuses errors after which an identity provider gives up.
func mustBeRetried(t *testing.T, step int, err error) {
	t.Helper()
	if e := scim.AsError(err); e.Status != 503 && e.Status != 504 {
		t.Errorf("step %d: %v", step, err)
	}
}
