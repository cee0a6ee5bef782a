package turns_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"keycloak-scim-proxy/proxy/turns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// crowd has calls that wait for a place, and the order in which they got one.
type crowd struct {
	t *testing.T
	*turns.Queue
	got []string
}

// wait lets n calls of a caller wait, in order.
func (c *crowd) wait(ctx context.Context, caller string, n int) {
	for range n {
		go func() {
			if c.Acquire(ctx, caller) == nil {
				c.got = append(c.got, caller)
			}
		}()
		synctest.Wait()
	}
}

// free gives back a place of a caller.
func (c *crowd) free(caller string) {
	c.Release(caller)
	synctest.Wait()
}

// A caller with many waiting calls does not delay another one's by more than one call.
func TestCallersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, Queue: turns.New(4)}
		c.wait(t.Context(), "flood", 10) // three of four places
		c.wait(t.Context(), "b", 1)
		if want := []string{"flood", "flood", "flood", "b"}; !slices.Equal(c.got, want) {
			t.Fatalf("%v", c.got)
		}
		c.free("b")
		if c.Held("flood") != 3 {
			t.Fatal("the last place is given to who has three")
		}
		c.wait(t.Context(), "b", 4)
		c.wait(t.Context(), "c", 2)
		c.got = nil
		for range 3 {
			c.free("flood")
		}
		if want := []string{"flood", "b", "c"}; !slices.Equal(c.got, want) {
			t.Errorf("%v, want %v", c.got, want)
		}
		c.free("b")
		c.free("b")
		c.free("c")
		if want := []string{"flood", "b", "c", "flood", "b", "c"}; !slices.Equal(c.got, want) {
			t.Errorf("%v, want %v", c.got, want)
		}
		if held, waiting := c.State(); held != 4 || waiting != 6 {
			t.Errorf("%d held, %d wait", held, waiting)
		}
		drain(c, "flood", "b", "c")
	})
}

// drain gives back all places, until no call waits.
func drain(c *crowd, callers ...string) {
	for range 100 {
		for _, name := range callers {
			if c.Held(name) > 0 {
				c.free(name)
			}
		}
	}
}

// A call that waits ends with its context, and leaves its place to others.
func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, Queue: turns.New(1)}
		c.wait(t.Context(), "a", 1)
		ctx, cancel := context.WithCancelCause(t.Context())
		c.wait(ctx, "b", 2)
		c.wait(t.Context(), "c", 1)
		cancel(nil)
		synctest.Wait()
		if err := c.Acquire(ctx, "b"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, waiting := c.State(); waiting != 1 {
			t.Errorf("%d wait", waiting)
		}
		c.free("a")
		if want := []string{"a", "c"}; !slices.Equal(c.got, want) {
			t.Errorf("%v, want %v", c.got, want)
		}
		c.free("c")
		if held, waiting := c.State(); held+waiting+c.Callers() != 0 {
			t.Errorf("%d held, %d wait, %d callers are remembered", held, waiting, c.Callers())
		}
	})
}

// The queue of one caller is bounded, and so is that of all; others wait nevertheless.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := &crowd{t: t, Queue: turns.New(1)}
		full := func(caller string, n int) (refused int) {
			for range n {
				go func() {
					if errors.Is(c.Acquire(ctx, caller), turns.ErrFull) {
						refused++
					}
				}()
				synctest.Wait()
			}
			return refused
		}
		if n := full("flood", 1+1024+5); n != 5 {
			t.Errorf("%d of one caller are refused", n)
		}
		for i := range 7 {
			if n := full(fmt.Sprint("caller", i), 1024); n != 0 {
				t.Errorf("%d of caller %d are refused", n, i)
			}
		}
		if n := full("one more", 3); n != 3 {
			t.Errorf("%d above the bound of all are refused", n)
		}
	})
}

// If calls are refused, none waits: those that wait end at once, and no other begins to wait. Those
// that have a place give it back, and are the first ones again afterwards.
func TestRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, Queue: turns.New(1)}
		c.wait(t.Context(), "a", 1)
		gone := errors.New("gone")
		var refused atomic.Int32
		for _, name := range []string{"a", "b", "b"} {
			go func() {
				if errors.Is(c.Acquire(t.Context(), name), gone) {
					refused.Add(1)
				}
			}()
			synctest.Wait()
		}
		c.Refuse(gone)
		synctest.Wait()
		if err := c.Acquire(t.Context(), "c"); !errors.Is(err, gone) || refused.Load() != 3 {
			t.Errorf("%d of 3 that waited are refused, and one that comes: %v", refused.Load(), err)
		}
		c.free("a")
		if held, waiting := c.State(); held+waiting+c.Callers() != 0 {
			t.Errorf("%d held, %d wait, %d callers are remembered", held, waiting, c.Callers())
		}
		c.Refuse(nil)
		c.wait(t.Context(), "b", 1)
		if want := []string{"a", "b"}; !slices.Equal(c.got, want) {
			t.Errorf("%v, want %v", c.got, want)
		}
	})
}
