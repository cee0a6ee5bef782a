package test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// gate lets n-1 pass, holds the n-th until it is opened, and says so. Nobody passes after that one.
type gate struct {
	left atomic.Int64
	held chan struct{} // closed when somebody is held
	open chan struct{}
	once sync.Once
}

func newGate(n int) *gate {
	g := &gate{held: make(chan struct{}), open: make(chan struct{})}
	g.left.Store(int64(n))
	return g
}

// passes is false for the n-th and for all after it, once the gate is opened: what was held is lost.
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

// during begins an attempt, and does what is told while it is held at the gate. It reports whether it was held, and the attempt's error.
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

// moment says where on the path to Keycloak or to the store something happens.
type moment bool

const (
	before moment = false // the other side never hears of the request
	after  moment = true  // it has done its work, and the answer is lost
)

func (m moment) String() string { return map[moment]string{before: "before", after: "after"}[m] }

// upstream says whether a request is counted: tokens and discovery are not what a call costs.
func upstream(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/scim/v2/") || strings.Contains(r.URL.Path, "/admin/")
}

// hold has upstream calls pass a gate, each before Keycloak has it or after it has done its work.
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

// breakAt cuts the connection of the n-th upstream call from now on, or of that one and all that follow. It returns how many came.
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

// heal lets everything pass.
func (f *faulty) heal() {
	f.Before.Store(nil)
	f.After.Store(nil) //nolint:bodyclose // a function
}

// TestGate proves that what the kills rely on holds: the n-th waits, and neither it nor a later one passes.
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
		t.Error("held where nobody was the ninth")
	}
}
