package identity

import (
	"context"
	"fmt"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/store"
)

const (
	// Life is how long a walk proves that a value is not there: at most as long, a resource that
	// was added without the proxy is not found. After half of it, a look-up starts the next walk.
	Life = 10 * time.Minute
	// Pause is the least time from the begin of a walk to the next one.
	Pause = 10 * time.Second
	// Most is how many resources a walk may find: an index of as many needs 25 MiB.
	Most = 200_000
	// deadline is how long a walk may take.
	deadline = 5 * time.Minute
)

// Index has the identities of a scope.
type Index struct {
	// Records has the records of the scope, Pending those of its creates.
	Records, Pending store.Space
	// Now is the clock.
	Now func() time.Time
	// Report is called when walks begin to fail.
	Report func(space string, err error)

	mu      sync.Mutex
	last    *walked
	began   time.Time // when the last walk began, whether or not it failed
	walking bool
	again   bool // the last walk does not know all: the next one is due
	failing bool
}

// Seen returns the ids of the resources that may have a term, as the last walk found them. all
// reports whether these and those of the records with the term are all that there are. The caller
// must look the records up after the call of Seen.
//
// If a walk is due, Seen starts one in the background and does not wait for it.
func (x *Index) Seen(ctx context.Context, s Source, text string) (ids []string, all bool, err error) {
	last, fresh := x.newest(s) //nolint:contextcheck // a walk does not belong to the request that starts it
	if !fresh {
		return last.having(text), false, nil
	}
	open, err := x.open(ctx, text)
	if err != nil {
		return nil, false, overlay.StoreError(err)
	}
	return last.having(text), !open, nil
}

// newest returns the last walk, and whether it counts.
func (x *Index) newest(s Source) (last *walked, fresh bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.Now()
	fresh = x.last != nil && x.last.key == s.Key && now.Sub(x.last.begun) < Life
	due := !fresh || x.again || now.Sub(x.last.begun) >= Life/2
	if due && !x.walking && (x.began.IsZero() || now.Sub(x.began) >= Pause) {
		x.walking, x.again, x.began = true, false, now
		go x.walk(s, now)
	}
	return x.last, fresh
}

// State reports whether a look-up that misses is proven by a walk. known is false if no walk was
// needed for so long that none counts.
func (x *Index) State() (complete, known bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	complete = x.last != nil && x.Now().Sub(x.last.begun) < Life && !x.again
	return complete, complete || x.again || x.failing
}

// walk makes a walk. It does not belong to the request that starts it.
func (x *Index) walk(s Source, begun time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	w, err := read(ctx, s, begun)
	if err == nil {
		x.forget(ctx, begun)
	}
	x.mu.Lock()
	x.walking = false
	first := err != nil && !x.failing
	if x.failing = err != nil; err == nil {
		x.last = w
	} else {
		x.again = true
	}
	x.mu.Unlock()
	if first {
		x.Report(x.Records.Name(), fmt.Errorf("identity: %w", err))
	}
}

// open reports whether a create or a change with a term has begun and may still take effect, or may
// have taken effect without a record. Nothing that begun earlier than PendingLife ago may.
func (x *Index) open(ctx context.Context, text string) (bool, error) {
	ids, err := x.Pending.Find(ctx, text)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	found, err := x.Pending.Load(ctx, ids...)
	for _, r := range found {
		rec, unread := record.Read(r.Body)
		if unread != nil || rec.Pending == nil || x.Now().Sub(rec.Pending.Begun) < overlay.PendingLife {
			return true, err
		}
	}
	return false, err
}

// unknown returns the terms that neither a record nor the last walk has.
func (x *Index) unknown(ctx context.Context, terms []string) (out []string, err error) {
	x.mu.Lock()
	last := x.last
	x.mu.Unlock()
	for _, text := range terms {
		if len(last.having(text)) > 0 {
			continue
		}
		ids, err := x.Records.Find(ctx, text)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			out = append(out, text)
		}
	}
	return out, nil
}
