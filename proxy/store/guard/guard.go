package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// recheck is the maximum age of the last check of the system space when an operation begins.
const recheck = 2 * time.Second

// systemRecords is more than the system space ever has.
const systemRecords = 1000

// Options say which store is the right one.
type Options struct {
	// Keys seal the records. Nil: records are kept in plain, and a store that was ever sealed is
	// refused.
	Keys *store.Keys
	// RequireSealed refuses plain records. It needs Keys.
	RequireSealed bool
	// ExpectStamp refuses a store without this stamp. Empty: any store is accepted at the first
	// check, and one without a stamp gets one.
	ExpectStamp string
	// Now is the clock; time.Now in production.
	Now func() time.Time
	// Pause waits until the duration has passed or the context has ended, and returns the context's
	// error in that case. Nil uses the real clock.
	Pause func(context.Context, time.Duration) error
	// NewID returns a random text for a new stamp; rand.Text of crypto/rand in production.
	NewID func() string
	// Release is the release of the program, for the note of the schema.
	Release string
}

// Engine is an engine that is used only while its store is the one that this process knows and can
// read. Ping and Close are not guarded.
type Engine struct {
	store.Engine
	spaces  store.Engine // what Open opens: sealed if there are keys
	system  store.Space  // as the engine keeps it
	options Options
	turn    chan struct{} // held during a check
	seen    verdict       // the last verdict without an error; guarded by turn
	written string        // the last stamp that this process tried to write; guarded by turn
	failed  error         // error of the last check if the store did not answer; guarded by turn
	rounds  atomic.Int64  // number of checks
	last    atomic.Pointer[verdict]
}

// verdict is the outcome of a check. There is none if the store did not answer.
type verdict struct {
	at          time.Time
	connections uint64
	err         error // nil, ErrKeys, ErrLost or ErrSchema
	stamp       string
	created     bool
	sealFrom    time.Time // when records may be sealed with the first key
}

// New returns a guarded engine; its spaces are sealed if there are keys. It checks the system space
// before it uses the store, two seconds after each check, and when the engine has connected again.
// An operation that begins then waits for the check, or makes it. Operations fail with the error of
// the last check until one succeeds.
func New(e store.Engine, o Options) *Engine {
	g := &Engine{Engine: e, spaces: e, system: e.Open(store.SystemSpace), options: o, turn: make(chan struct{}, 1)}
	switch {
	case o.Keys == nil:
	case o.RequireSealed:
		g.spaces = store.SealStrictly(e, o.Keys)
	default:
		g.spaces = store.Seal(e, o.Keys)
	}
	return g
}

// Open opens the tenant's space, sealed if there are keys.
func (g *Engine) Open(tenant string) store.Space {
	if tenant == store.SystemSpace {
		tenant = "" // engines refuse it in every operation
	}
	return &space{Space: g.spaces.Open(tenant), guard: g}
}

// Spaces returns the names of the spaces except the system space.
func (g *Engine) Spaces(ctx context.Context) ([]string, error) {
	return between(ctx, g, func() ([]string, error) {
		names, err := g.Engine.Spaces(ctx)
		return slices.DeleteFunc(names, func(n string) bool { return n == store.SystemSpace }), err
	})
}

// Probe probes the store. It also fails with the errors of Check.
func (g *Engine) Probe(ctx context.Context) error {
	if err := g.Check(ctx); err != nil {
		return err
	}
	return g.Engine.Probe(ctx)
}

// Check reports ErrKeys, ErrLost or ErrSchema if the store is not the right one, and ErrUnavailable
// if the store does not answer.
func (g *Engine) Check(ctx context.Context) error {
	if v := g.last.Load(); g.holds(v) {
		return v.err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store check: %w", err)
	}
	round := g.rounds.Load()
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return store.Unavailable(ctx, "check", ctx.Err())
	}
	if v := g.last.Load(); g.holds(v) {
		return v.err // another operation has checked meanwhile
	}
	if g.rounds.Load() > round && g.failed != nil {
		return g.failed // a later check got no answer: more checks would queue all operations
	}
	v := g.seen
	v.at, v.connections = g.options.Now(), g.connections()
	g.rounds.Add(1)
	g.failed = nil
	switch v.err = g.inspect(ctx, &v); {
	case v.err == nil:
		g.seen = v
	case !decided(v.err):
		if ctx.Err() == nil { // otherwise the error is not the store's
			g.failed = v.err
		}
		return v.err
	}
	g.last.Store(&v)
	return v.err
}

// holds reports whether a verdict is still valid. One with ErrKeys always is: keys do not change
// while the process runs.
func (g *Engine) holds(v *verdict) bool {
	return v != nil && (errors.Is(v.err, store.ErrKeys) || g.options.Now().Sub(v.at) < recheck && v.connections == g.connections())
}

// connections returns how often the engine has connected to its server. If the number has changed,
// another server may have answered.
func (g *Engine) connections() uint64 {
	if e, ok := g.Engine.(interface{ Connections() uint64 }); ok {
		return e.Connections()
	}
	return 0
}

// inspect reads the system space, adds what is missing and reads it again, so that two processes
// that start at the same time see each other's records.
func (g *Engine) inspect(ctx context.Context, v *verdict) error {
	for announced := !v.sealFrom.IsZero(); ; announced = false {
		records, err := g.records(ctx)
		if err != nil {
			return err
		}
		missing := g.missing(records)
		if len(missing) == 0 {
			v.stamp = string(records[StampID].Body)
			v.created = v.stamp == g.written
			switch {
			case announced:
			case v.created && v.sealFrom.IsZero():
				v.sealFrom = g.options.Now() // a new store has no other users yet
			default:
				v.sealFrom = g.options.Now().Add(recheck)
			}
			return nil
		}
		for id, r := range missing {
			if _, err := g.system.Save(ctx, id, r); err != nil && !errors.Is(err, store.ErrConflict) {
				return err
			}
		}
	}
}

// records returns the system space. The error is that of Check.
func (g *Engine) records(ctx context.Context) (map[string]store.Record, error) {
	records, err := readAll(ctx, g.system)
	if err != nil {
		return nil, err
	}
	return records, cmp.Or(checkRestored(records), checkSchema(records), g.checkKeys(records), g.checkStamp(records))
}

// missing returns the records that must be in the system space before a record is saved in any
// other space.
func (g *Engine) missing(records map[string]store.Record) map[string]store.Record {
	out := map[string]store.Record{}
	if _, there := records[StampID]; !there {
		g.written = g.options.NewID()
		out[StampID] = store.Record{Body: []byte(g.written)}
	}
	if _, there := records[schemaID]; !there {
		out[schemaID] = store.Record{Body: schemaNote{Schema, g.options.Release}.body()}
	}
	if g.options.Keys == nil {
		return out
	}
	if id := g.canaryID(); g.canary(records, id) != canaryBody {
		out[id] = g.sealing().SealRecord(0, id, store.Record{Rev: records[id].Rev, Body: []byte(canaryBody)})
	}
	return out
}

// settle waits until records may be sealed with the first key. By then the canary of the key has
// been in the store for so long that every process without the key has checked the store again and
// stopped. Earlier, such a process would not find records that are sealed with the key.
func (g *Engine) settle(ctx context.Context) error {
	for {
		if err := g.Check(ctx); err != nil || g.options.Keys == nil {
			return err
		}
		wait := g.last.Load().sealFrom.Sub(g.options.Now())
		if wait <= 0 {
			return nil
		}
		if err := g.pause(ctx, wait); err != nil {
			return store.Unavailable(ctx, "wait for the other processes to see the key", err)
		}
	}
}
