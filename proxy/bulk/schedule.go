package bulk

import (
	"cmp"
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
)

// enough reports whether the caller's number of errors is reached.
func (r *run) enough() bool { return r.request.FailOnErrors > 0 && r.failed >= r.request.FailOnErrors }

// width is how many units may run now. Where the caller counts errors it is never more than errors are left: should all that run fail, the
// number is reached and not passed, and nothing is under way any more.
func (r *run) width() int {
	w := max(r.runner.Workers, 1)
	if n := r.request.FailOnErrors; n > 0 {
		w = min(w, n-r.failed)
	}
	return w
}

// schedule begins units in request order, as soon as what they wait for is done.
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
		for len(ready) > 0 && running < r.width() && ctx.Err() == nil {
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

// settled reports whether a unit has failed before it is begun: one of its operations could not be read, or depends on one that failed.
func (r *run) settled(u *unit) bool {
	for _, i := range u.ops {
		o := &r.ops[i]
		if o.err == nil { // what failed before waits for nobody, and must not look at what is under way
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

// dependent is the error of an operation that refers to what was not made. RFC 7644 section 3.7.1 has 409 for references that could not be
// resolved.
func dependent(bulkID string) error {
	return scim.Fail(409, "", "not done: it depends on bulkId:%s, which failed", bulkID)
}

// failOthers lets the rest of a circle fail with one of its operations: each depends on it, by way of the others.
func (r *run) failOthers(u *unit, cause int) {
	for _, i := range u.ops {
		if r.ops[i].err == nil {
			r.ops[i].err = dependent(r.ops[cause].bulkID)
		}
	}
}

// finish counts errors and adds what waited for the unit only to what is ready, in request order.
func (r *run) finish(u *unit, ready []*unit) []*unit {
	for _, i := range u.ops {
		o := &r.ops[i]
		if o.state == leftOut {
			continue
		}
		o.state, o.call = finished, nil // what was sent is not needed any more
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
