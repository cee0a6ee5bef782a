package bulk

import (
	"cmp"
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
)

// enough reports whether failOnErrors is reached.
func (r *run) enough() bool { return r.request.FailOnErrors > 0 && r.failed >= r.request.FailOnErrors }

// width returns how many units may run now. With failOnErrors, it is at most the number of errors
// that are left, so that failOnErrors is not exceeded if all running units fail.
func (r *run) width() int {
	w := max(r.runner.Workers, 1)
	if n := r.request.FailOnErrors; n > 0 {
		w = min(w, n-r.failed)
	}
	return w
}

// schedule starts units in request order, each as soon as the units that it waits for are done.
func (r *run) schedule(ctx context.Context, units []*unit) {
	var ready []*unit
	for _, u := range units {
		if u.waits == 0 {
			ready = append(ready, u)
		}
	}
	done := make(chan *unit)
	running := 0
	for {
		for len(ready) > 0 && running < r.width() && r.ends(ctx) == "" {
			u := ready[0]
			ready = ready[1:]
			if r.settled(u) {
				ready = r.finish(u, ready)
				continue
			}
			running++
			go func() {
				r.perform(ctx, u)
				done <- u
			}()
		}
		if running == 0 {
			return
		}
		u := <-done
		running--
		ready = r.finish(u, ready)
	}
}

// settled reports whether a unit has failed before it starts: one of its operations could not be
// read, or refers to one that failed.
func (r *run) settled(u *unit) bool {
	for _, i := range u.ops {
		o := &r.ops[i]
		if o.err == nil { // otherwise the operations that it refers to may still be running
			if id := r.broken(o); id != "" {
				o.err = dependent(id)
			}
		}
		if o.err != nil {
			r.failOthers(u, i)
			return true
		}
	}
	return false
}

// dependent is the error of an operation that refers to a failed operation: 409 (RFC 7644 section
// 3.7.1: references that cannot be resolved).
func dependent(bulkID string) error {
	return scim.Fail(409, "", "not done: it depends on bulkId:%s, which failed", bulkID)
}

// failOthers fails the other operations of a circle, because each depends on the one that failed.
func (r *run) failOthers(u *unit, cause int) {
	for _, i := range u.ops {
		if r.ops[i].err == nil {
			r.ops[i].err = dependent(r.ops[cause].bulkID)
		}
	}
}

// finish counts errors, and adds the units that waited only for u to ready, in request order.
func (r *run) finish(u *unit, ready []*unit) []*unit {
	for _, i := range u.ops {
		o := &r.ops[i]
		if o.state == leftOut {
			continue
		}
		o.state, o.call = finished, nil // releases the memory of the call
		if o.err != nil {
			r.failed++
		}
	}
	for _, next := range u.before {
		if next.waits--; next.waits == 0 {
			at, _ := slices.BinarySearchFunc(ready, next, func(a, b *unit) int { return cmp.Compare(a.ops[0], b.ops[0]) })
			ready = slices.Insert(ready, at, next)
		}
	}
	return ready
}
