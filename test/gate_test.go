package test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// gate lets the first n-1 requests pass and holds the n-th until the gate is opened. The n-th and
// all later ones do not pass.
type gate struct {
	left atomic.Int64
	held chan struct{} // closed when the n-th request is held
	open chan struct{}
	once sync.Once
}

func newGate(n int) *gate {
	g := &gate{held: make(chan struct{}), open: make(chan struct{})}
	g.left.Store(int64(n))
	return g
}

// passes reports whether a request passes. For the n-th and later ones it waits until the gate is
// opened, and reports false.
func (g *gate) passes() bool {
	if g == nil {
		return true
	}
	left := g.left.Add(-1)
	if left > 0 {
		return true
	}
	if left == 0 {
		close(g.held)
	}
	<-g.open
	return false
}

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

// during runs attempt, and calls do while attempt is held at the gate. It reports whether attempt
// was held, and its error.
func (g *gate) during(attempt func() error, do func()) (held bool, err error) {
	ended := make(chan error, 1)
	go func() { ended <- attempt() }()
	defer g.release()
	select {
	case err := <-ended:
		return false, err
	case <-g.held:
	}
	do()
	g.release()
	return true, <-ended
}

// moment is the point of a request to Keycloak or to the store at which a test interferes.
type moment bool

const (
	before moment = false // the other side does not get the request
	after  moment = true  // the other side has done the request, and its answer is lost
)

func (m moment) String() string { return map[moment]string{before: "before", after: "after"}[m] }

// upstream reports whether a request counts as a call. Requests for tokens and discovery do not.
func upstream(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/scim/v2/") || strings.Contains(r.URL.Path, "/admin/")
}

// hold makes each upstream call pass a gate, before Keycloak gets it or after Keycloak has done it.
func (f *faulty) hold(g *gate, m moment) {
	stop := func(r *http.Request) {
		if upstream(r) && !g.passes() {
			panic(http.ErrAbortHandler)
		}
	}
	first := func(_ http.ResponseWriter, r *http.Request) bool { stop(r); return false }
	then := func(r *http.Response) error { stop(r.Request); return nil }
	f.heal()
	if m == before {
		f.Before.Store(&first)
	} else {
		f.After.Store(&then)
	}
}

// breakAt cuts the connection of the n-th upstream call from now on, and of all later ones if
// stays is true. It returns the number of calls.
func (f *faulty) breakAt(n int64, m moment, stays bool) (calls *atomic.Int64) {
	calls = &atomic.Int64{}
	cut := func(r *http.Request) {
		if !upstream(r) {
			return
		}
		if i := calls.Add(1); i == n || stays && i > n {
			panic(http.ErrAbortHandler)
		}
	}
	first := func(_ http.ResponseWriter, r *http.Request) bool { cut(r); return false }
	then := func(r *http.Response) error { cut(r.Request); return nil }
	f.heal()
	if m == before {
		f.Before.Store(&first)
	} else {
		f.After.Store(&then)
	}
	return calls
}

// heal lets all requests pass.
func (f *faulty) heal() {
	f.Before.Store(nil)
	f.After.Store(nil) //nolint:bodyclose // it stores a function
}

// TestGate tests the gate that the kill tests rely on: the n-th request waits, and neither it nor
// a later one passes.
func TestGate(t *testing.T) {
	g := newGate(3)
	var passed atomic.Int64
	walk := func() error {
		for range 4 {
			if g.passes() {
				passed.Add(1)
			}
		}
		return nil
	}
	if held, err := g.during(walk, func() {
		if n := passed.Load(); n != 2 {
			t.Errorf("%d passed before the third was held", n)
		}
	}); !held || err != nil || passed.Load() != 2 {
		t.Errorf("held %v, %v, %d passed", held, err, passed.Load())
	}
	if held, _ := newGate(9).during(walk, t.FailNow); held {
		t.Error("held although there was no ninth request")
	}
}
