package kept

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

const (
	// rollout is how long the instances of an earlier release may run beside this one. They save
	// records without the terms of kept values.
	rollout = 10 * time.Minute
	// passAgain is the time between two passes while the index is not complete, passLater if it
	// is and other processes use the store, and passRetry after an error.
	passAgain, passLater, passRetry = time.Minute, time.Hour, 30 * time.Second
)

// lackingRecord is the id of a record in the space of keys with the time when a pass of any process
// last found a record without the terms of kept values.
const lackingRecord = "terms"

// Completion makes the index of a space complete and knows whether it is. A pass over the records
// after each start finds that out. The result is not saved: an earlier release that is put back for
// a while does not know such a mark, and leaves it in place.
type Completion struct {
	// Records is the space, and Keys the space for what belongs to no resource.
	Records, Keys store.Space
	// Shared says that other processes may use the store. One of them may be of an earlier release.
	// Then the index is complete only after no pass of any process has found a record without its
	// terms for ten minutes, and passes are made all the time.
	Shared bool
	Now    func() time.Time
	// Report is called after a pass that found records without their terms, and when passes begin
	// to fail.
	Report func(space string, lacking int, err error)

	complete atomic.Bool
	due      time.Time // when the next pass is due; the zero time is at once
	done     bool      // no further pass is needed
	failed   bool      // the last pass failed
}

// Complete reports whether all records of the space have the terms of their kept values.
func (c *Completion) Complete() bool { return c.complete.Load() }

// Keep makes passes, one at a time, over the spaces that all returns, until the context ends. It
// calls all again when added has a value.
func Keep(ctx context.Context, now func() time.Time, all func() []*Completion, added <-chan struct{}) {
	for ctx.Err() == nil {
		next := now().Add(passLater)
		for _, c := range all() {
			if !c.done && !c.due.After(now()) {
				c.pass(ctx)
			}
			if !c.done && c.due.Before(next) {
				next = c.due
			}
		}
		wait := time.NewTimer(next.Sub(now()))
		select {
		case <-ctx.Done():
		case <-added:
		case <-wait.C:
		}
		wait.Stop()
	}
}

func (c *Completion) pass(ctx context.Context) {
	// The time is saved before the first record gets its terms, so that another process whose pass
	// finds none missing knows that they were, and at the end, because a pass may take long.
	lacking, err := Complete(ctx, c.Records, func() (err error) {
		if c.Shared {
			_, err = c.lastLacking(ctx, true)
		}
		return err
	})
	var last time.Time
	if c.Shared && err == nil {
		last, err = c.lastLacking(ctx, lacking > 0)
	}
	if ctx.Err() != nil {
		return
	}
	if lacking > 0 || err != nil && !c.failed {
		c.Report(c.Records.Name(), lacking, err)
	}
	if c.failed = err != nil; c.failed {
		c.due = c.Now().Add(passRetry)
		return
	}
	complete := !c.Shared || c.Now().Sub(last) >= rollout
	c.complete.Store(complete)
	c.done, c.due = !c.Shared, c.Now().Add(passAgain)
	if complete {
		c.due = c.Now().Add(passLater)
	}
}

// lastLacking returns the time in lackingRecord, after it has set it to the current time if lacking
// is true.
func (c *Completion) lastLacking(ctx context.Context, lacking bool) (last time.Time, err error) {
	for {
		found, err := c.Keys.Load(ctx, lackingRecord)
		if err != nil {
			return last, err
		}
		r, there := found[lackingRecord]
		if there {
			if err := last.UnmarshalText(r.Body); err != nil {
				return last, err
			}
		}
		if !lacking {
			return last, nil
		}
		last = c.Now().UTC()
		if r.Body, err = last.MarshalText(); err != nil {
			return last, err
		}
		if _, err := c.Keys.Save(ctx, lackingRecord, store.Record{Rev: r.Rev, Body: r.Body}); !errors.Is(err, store.ErrConflict) {
			return last, err
		}
	}
}
