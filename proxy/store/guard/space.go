package guard

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// space checks the store before each operation. That includes locks and deletions, which are steps
// of a write.
type space struct {
	store.Space
	guard *Engine
}

// between performs an operation between two checks. The second check costs a round trip only if the
// operation took long or the engine has connected again: another server may have answered then.
func between[T any](ctx context.Context, g *Engine, operation func() (T, error)) (T, error) {
	var none T
	if err := g.Check(ctx); err != nil {
		return none, err
	}
	out, err := operation()
	if err == nil {
		err = g.Check(ctx)
	}
	if err != nil {
		return none, err
	}
	return out, nil
}

// Load is Space.Load.
func (s *space) Load(ctx context.Context, ids ...string) (map[string]store.Record, error) {
	return between(ctx, s.guard, func() (map[string]store.Record, error) { return s.Space.Load(ctx, ids...) })
}

// Find is Space.Find.
func (s *space) Find(ctx context.Context, terms ...string) ([]string, error) {
	return between(ctx, s.guard, func() ([]string, error) { return s.Space.Find(ctx, terms...) })
}

// Save is Space.Save.
func (s *space) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	if err := s.guard.settle(ctx); err != nil {
		return 0, err
	}
	return between(ctx, s.guard, func() (uint64, error) { return s.Space.Save(ctx, id, r) })
}

// SaveAndDelete is Space.SaveAndDelete.
func (s *space) SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (uint64, error) {
	if other == store.SystemSpace {
		other = "" // engines refuse it
	}
	if err := s.guard.settle(ctx); err != nil {
		return 0, err
	}
	return between(ctx, s.guard, func() (uint64, error) { return s.Space.SaveAndDelete(ctx, id, r, other, ids...) })
}

// Rewrite is Space.Rewrite.
func (s *space) Rewrite(ctx context.Context, id string, r store.Record) error {
	if err := s.guard.settle(ctx); err != nil {
		return err
	}
	_, err := between(ctx, s.guard, func() (struct{}, error) { return struct{}{}, s.Space.Rewrite(ctx, id, r) })
	return err
}

// Scan is Space.Scan.
func (s *space) Scan(ctx context.Context, after string, n int) ([]string, error) {
	return between(ctx, s.guard, func() ([]string, error) { return s.Space.Scan(ctx, after, n) })
}

// Page is Space.Page.
func (s *space) Page(ctx context.Context, after string, n int) (page []store.Entry, next string, err error) {
	page, err = between(ctx, s.guard, func() (page []store.Entry, err error) {
		page, next, err = s.Space.Page(ctx, after, n)
		return page, err
	})
	return page, next, err
}

// Delete is Space.Delete.
func (s *space) Delete(ctx context.Context, ids ...string) error {
	if err := s.guard.Check(ctx); err != nil {
		return err
	}
	return s.Space.Delete(ctx, ids...)
}

// Lock is Space.Lock.
func (s *space) Lock(ctx context.Context, key string, ttl time.Duration) (func(), error) {
	if err := s.guard.Check(ctx); err != nil {
		return nil, err
	}
	return s.Space.Lock(ctx, key, ttl)
}
