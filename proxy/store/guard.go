package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// SystemSpace is the space that holds records about the store itself; the package documentation lists them. Only Guard uses it: in the
// space that Guarded.Open returns for this name, every operation fails with ErrInvalid.
const SystemSpace = "system"

// recheck is how old the last check of the system space may be when an operation begins.
const recheck = 2 * time.Second

// systemRecords is more records than the system space ever has.
const systemRecords = 1000

// GuardOptions says what the store must be like.
type GuardOptions struct {
	// Keys seal the records. Nil: records are kept in plain, and a store that was ever sealed is refused.
	Keys *Keys
	// RequireSealed refuses plain records. It needs Keys.
	RequireSealed bool
	// Now is the clock; time.Now in production.
	Now func() time.Time
}

// Guarded is an engine whose spaces work only while the store is the one that this process can read. Ping and Close reach the engine
// unguarded.
type Guarded struct {
	Engine
	spaces  Engine // what Open opens: sealed if there are keys
	system  Space  // as the engine keeps it
	options GuardOptions
	turn    chan struct{} // held while the system space is checked
	last    atomic.Pointer[verdict]
}

// verdict is the outcome of a check. It is not kept if the store did not answer.
type verdict struct {
	at  time.Time
	err error // nil, or ErrKeys
}

// Guard seals the spaces of an engine if there are keys, and checks the system space before anything else is done with the store and
// every two seconds from then on: every operation that begins later than that waits for the check, or makes it. Until a check has
// succeeded, operations fail with its error. ErrKeys stays until the process ends.
func Guard(e Engine, o GuardOptions) *Guarded {
	g := &Guarded{Engine: e, spaces: e, system: e.Open(SystemSpace), options: o, turn: make(chan struct{}, 1)}
	switch {
	case o.Keys == nil:
	case o.RequireSealed:
		g.spaces = SealStrictly(e, o.Keys)
	default:
		g.spaces = Seal(e, o.Keys)
	}
	return g
}

// Open opens the tenant's space, sealed if there are keys.
func (g *Guarded) Open(tenant string) Space {
	if tenant == SystemSpace {
		tenant = "" // engines refuse it in every operation
	}
	return &guarded{Space: g.spaces.Open(tenant), guard: g}
}

// Check reports ErrKeys if the store does not fit the keys, and ErrUnavailable if that cannot be found out now.
func (g *Guarded) Check(ctx context.Context) error {
	if v := g.last.Load(); g.holds(v) {
		return v.err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store check: %w", err)
	}
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return Unavailable(ctx, "check", ctx.Err())
	}
	if v := g.last.Load(); g.holds(v) {
		return v.err // somebody else has checked meanwhile
	}
	v := verdict{at: g.options.Now()}
	v.err = g.inspect(ctx)
	if v.err == nil || errors.Is(v.err, ErrKeys) {
		g.last.Store(&v)
	}
	return v.err
}

// holds reports whether a verdict needs no other check now.
func (g *Guarded) holds(v *verdict) bool {
	return v != nil && (errors.Is(v.err, ErrKeys) || g.options.Now().Sub(v.at) < recheck)
}

// inspect reads the system space, adds what is missing and reads it again, so that of two processes that begin at the same time each
// sees what the other has added.
func (g *Guarded) inspect(ctx context.Context) error {
	for {
		ids, err := g.system.Scan(ctx, "", systemRecords)
		if err != nil {
			return err
		}
		records, err := g.system.Load(ctx, ids...)
		if err != nil {
			return err
		}
		if err := g.checkKeys(records); err != nil {
			return err
		}
		added, err := g.add(ctx, records)
		if !added || err != nil {
			return err
		}
	}
}

// add saves the records that the system space misses. One that another process has added meanwhile is fine.
func (g *Guarded) add(ctx context.Context, records map[string]Record) (added bool, err error) {
	for id, r := range g.wanted() {
		if _, there := records[id]; there {
			continue
		}
		if _, err := g.system.Save(ctx, id, r); err != nil && !errors.Is(err, ErrConflict) {
			return false, err
		}
		added = true
	}
	return added, nil
}

// wanted are the records that the system space of this process's store has.
func (g *Guarded) wanted() map[string]Record {
	out := map[string]Record{}
	if g.options.Keys != nil {
		id, r := g.canary()
		out[id] = r
	}
	return out
}
