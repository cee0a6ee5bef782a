package instrument

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/store"
)

// Store returns an engine whose spaces are measured.
func Store(t *observe.Timings, e store.Engine) store.Engine { return engine{e, t} }

type engine struct {
	store.Engine
	timings *observe.Timings
}

// Open is Engine.Open.
func (e engine) Open(tenant string) store.Space { return space{e.Engine.Open(tenant), e.timings} }

type space struct {
	store.Space
	timings *observe.Timings
}

// Load is Space.Load.
func (s space) Load(ctx context.Context, ids ...string) (map[string]store.Record, error) {
	ctx, timing := s.timings.Store(ctx, "load")
	out, err := s.Space.Load(ctx, ids...)
	timing.End(err)
	return out, err
}

// Find is Space.Find.
func (s space) Find(ctx context.Context, terms ...string) ([]string, error) {
	ctx, timing := s.timings.Store(ctx, "find")
	out, err := s.Space.Find(ctx, terms...)
	timing.End(err)
	return out, err
}

// Save is Space.Save.
func (s space) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	ctx, timing := s.timings.Store(ctx, "save")
	rev, err := s.Space.Save(ctx, id, r)
	timing.End(err)
	return rev, err
}

// Rewrite is Space.Rewrite.
func (s space) Rewrite(ctx context.Context, id string, r store.Record) error {
	ctx, timing := s.timings.Store(ctx, "rewrite")
	err := s.Space.Rewrite(ctx, id, r)
	timing.End(err)
	return err
}

// SaveAndDelete is Space.SaveAndDelete.
func (s space) SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (uint64, error) {
	ctx, timing := s.timings.Store(ctx, "save_and_delete")
	rev, err := s.Space.SaveAndDelete(ctx, id, r, other, ids...)
	timing.End(err)
	return rev, err
}

// Delete is Space.Delete.
func (s space) Delete(ctx context.Context, ids ...string) error {
	ctx, timing := s.timings.Store(ctx, "delete")
	err := s.Space.Delete(ctx, ids...)
	timing.End(err)
	return err
}

// Lock is Space.Lock. The time until another holder unlocks counts.
func (s space) Lock(ctx context.Context, key string, ttl time.Duration) (func(), error) {
	ctx, timing := s.timings.Store(ctx, "lock")
	unlock, err := s.Space.Lock(ctx, key, ttl)
	timing.End(err)
	return unlock, err
}

// Scan is Space.Scan.
func (s space) Scan(ctx context.Context, after string, n int) ([]string, error) {
	ctx, timing := s.timings.Store(ctx, "scan")
	ids, err := s.Space.Scan(ctx, after, n)
	timing.End(err)
	return ids, err
}

// Page is Space.Page.
func (s space) Page(ctx context.Context, after string, n int) ([]store.Entry, string, error) {
	ctx, timing := s.timings.Store(ctx, "page")
	page, next, err := s.Space.Page(ctx, after, n)
	timing.End(err)
	return page, next, err
}
