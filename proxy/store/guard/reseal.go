package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/store"
)

const (
	resealPage    = 50 // records that are loaded at once
	resealWriters = 8  // records that are written at once
)

// ResealOptions say how to reseal.
type ResealOptions struct {
	// Wait is how long another process may need to finish a write and to check the store again. 0
	// if no other process uses the store.
	Wait time.Duration
	// Progress, if not nil, is called after each page of a space with the counts of the space so
	// far. After the last page done is true.
	Progress func(space string, n ResealCounts, done bool)
	// Waiting, if not nil, is called before the wait, if Wait is not 0. All records are sealed with
	// the first key then, and are read once more after the wait.
	Waiting func(time.Duration)
	// IgnoreUnreadable retires old keys even if there are records that no key opens.
	IgnoreUnreadable bool
	// Unreadable, if not nil, is called for each record that no key opens.
	Unreadable func(space, id string, err error)
}

// ResealCounts are numbers of records.
type ResealCounts struct {
	Seen       int // records that were read
	Resealed   int // were sealed with another key
	Sealed     int // were plain
	Unreadable int // no key opens them; they are left as they are
}

func (n *ResealCounts) add(m ResealCounts) {
	n.Seen += m.Seen
	n.Resealed += m.Resealed
	n.Sealed += m.Sealed
	n.Unreadable += m.Unreadable
}

// KeyUse says what a key is used for when Reseal has returned.
type KeyUse string

// The uses of a key. Only an Unused key may be removed from the keys of every process.
const (
	Writes  KeyUse = "writes"  // the first key
	Unused  KeyUse = "unused"  // no record is sealed with it
	Needed  KeyUse = "needed"  // Reseal did not finish, or some records cannot be read
	InFront KeyUse = "infront" // another process still seals with it
)

// Resealed is the outcome of Reseal.
type Resealed struct {
	ResealCounts
	// Keys are the uses of the keys, in their order.
	Keys []KeyUse
}

// Reseal seals every record with the first key, unless it is already, and then retires the other
// keys, so that they may be removed. Other processes may use the store meanwhile: their writes are
// never overwritten, and revisions do not change. Reseal may be stopped at any point and called
// again. Every key is needed until it has returned without an error.
//
// Another process may still have an old key in front, and seal with it. So a key is retired in
// three steps. Its canary says that it is about to be retired; a process with this key in front
// changes that back before its next operation. After Wait all records are read once more. Then the
// canary says that the key is not needed, unless it was changed meanwhile.
func (g *Engine) Reseal(ctx context.Context, o ResealOptions) (Resealed, error) {
	if g.options.Keys == nil {
		return Resealed{}, fmt.Errorf("%w: no key is configured, so there is nothing to seal with", store.ErrKeys)
	}
	r := &resealing{guard: g, options: o, out: Resealed{Keys: slices.Repeat([]KeyUse{Needed}, len(g.options.Keys.IDs()))}}
	r.out.Keys[0] = Writes
	err := r.run(ctx)
	return r.out, err
}

// resealing is one call of Reseal.
type resealing struct {
	guard   *Engine
	options ResealOptions
	out     Resealed
}

func (r *resealing) run(ctx context.Context) error {
	switch _, created, err := r.guard.Stamp(ctx); {
	case err != nil:
		return err
	case created:
		return fmt.Errorf("%w: it is empty, so there is nothing to reseal: check that the configuration names the right store", store.ErrLost)
	}
	if err := r.guard.settle(ctx); err != nil {
		return err
	}
	if err := r.spaces(ctx, r.options.Progress); err != nil || r.mustStop() {
		return err
	}
	retiring, err := r.announce(ctx)
	if err != nil {
		return err
	}
	if len(retiring) > 0 {
		if r.options.Waiting != nil && r.options.Wait > 0 {
			r.options.Waiting(r.options.Wait)
		}
		if err := r.guard.pause(ctx, r.options.Wait); err != nil {
			return store.Unavailable(ctx, "wait for the other processes", err)
		}
		first := r.out.ResealCounts
		err := r.spaces(ctx, nil)
		r.out.Seen, r.out.Unreadable = first.Seen, r.out.Unreadable-first.Unreadable
		if err != nil || r.mustStop() {
			return err
		}
	}
	return r.retire(ctx, retiring)
}

// mustStop reports whether records that cannot be read keep the old keys from being retired.
func (r *resealing) mustStop() bool { return r.out.Unreadable > 0 && !r.options.IgnoreUnreadable }

// spaces reseals the records of all spaces.
func (r *resealing) spaces(ctx context.Context, progress func(string, ResealCounts, bool)) error {
	names, err := r.guard.Spaces(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		var n ResealCounts
		err := r.space(ctx, name, func(page ResealCounts, done bool) {
			r.out.add(page)
			n.add(page)
			if progress != nil {
				progress(name, n, done)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// space reseals the records of one space.
func (r *resealing) space(ctx context.Context, name string, counted func(page ResealCounts, done bool)) error {
	o := r.guard.options
	s := store.SealSpace(r.guard.Engine.Open(name), name, o.Keys, o.RequireSealed)
	for after, done := "", false; !done; {
		if err := r.guard.Check(ctx); err != nil {
			return err
		}
		ids, err := s.Scan(ctx, after, resealPage)
		if err != nil {
			return err
		}
		n, err := r.page(ctx, name, s, ids)
		if err != nil {
			return err
		}
		if done = len(ids) < resealPage; !done {
			after = ids[len(ids)-1]
		}
		counted(n, done)
	}
	return nil
}

// page reseals some records. If Load fails because of one of them, each is loaded by itself.
func (r *resealing) page(ctx context.Context, name string, s *store.SealedSpace, ids []string) (n ResealCounts, err error) {
	records, err := s.Space.Load(ctx, ids...)
	if err != nil && !errors.Is(err, store.ErrUnreadable) {
		return n, err
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(resealWriters)
	for _, id := range ids {
		group.Go(func() error {
			one, err := reseal(ctx, s, id, records)
			mu.Lock()
			defer mu.Unlock()
			n.add(one)
			if one.Unreadable > 0 && r.options.Unreadable != nil {
				r.options.Unreadable(name, id, err)
			}
			if one.Unreadable > 0 {
				return nil
			}
			return err
		})
	}
	return n, group.Wait()
}

// reseal writes one record again if it is not sealed with the first key. It takes the record from
// records, or loads it if records is nil or another process has written it meanwhile.
func reseal(ctx context.Context, s *store.SealedSpace, id string, records map[string]store.Record) (n ResealCounts, err error) {
	for ; ; records = nil {
		if records == nil {
			records, err = s.Space.Load(ctx, id)
		}
		r, there := records[id]
		if err == nil && !there {
			return n, nil // deleted meanwhile
		}
		var opened store.Record
		if err == nil {
			opened, err = s.OpenRecord(id, r)
		}
		if err == nil && s.IsCurrent(r) {
			return ResealCounts{Seen: 1}, nil
		}
		if err == nil {
			err = s.Rewrite(ctx, id, opened)
		}
		switch {
		case errors.Is(err, store.ErrConflict):
			continue
		case errors.Is(err, store.ErrUnreadable):
			return ResealCounts{Seen: 1, Unreadable: 1}, err
		case err != nil:
			return n, err
		case store.IsSealed(r):
			return ResealCounts{Seen: 1, Resealed: 1}, nil
		}
		return ResealCounts{Seen: 1, Sealed: 1}, nil
	}
}
