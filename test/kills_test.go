package test

import (
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// mostSteps bounds the loop over the steps of a change.
const mostSteps = 40

// TestPathBreaks cuts the connection to Keycloak at every step of a change, once or until the
// retry. The retry reaches the wanted state.
func TestPathBreaks(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 20*time.Second)
	c := client{w.base(), w.tenantToken}
	n := 0
	for _, p := range []struct {
		name  string
		plan  newIntent
		steps int
	}{{"create", w.creations, 2}, {"membership", w.joinings(t), 4}} {
		for _, m := range []moment{before, after} {
			for _, stays := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/stays=%v", p.name, m, stays), func(t *testing.T) {
					failed := 0
					for step := 1; step < mostSteps; step++ {
						n++
						i := p.plan(t, c, n)
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
						if calls.Load() < int64(step) { // the change finished before this step
							if stays && failed < p.steps {
								t.Errorf("only %d steps failed, want at least %d", failed, p.steps)
							}
							return
						}
					}
					t.Error("the change does not finish")
				})
			}
		}
	}
}

// mustBeRetried fails the test for an error after which an identity provider would not retry.
func mustBeRetried(t *testing.T, step int, err error) {
	t.Helper()
	if e := scim.AsError(err); e.Status != 503 && e.Status != 504 {
		t.Errorf("step %d: %v", step, err)
	}
}
