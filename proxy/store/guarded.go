package store

import (
	"context"
	"time"
)

// guarded does nothing before the guard has checked the store. Locks and deletions wait for it too: they are steps of writes.
type guarded struct {
	Space
	guard *Guarded
}

// between does an operation between two checks. The second one costs a round trip only if the engine has connected again during the
// operation, or if that took long: what was read then may be that of another server.
func between[T any](ctx context.Context, g *Guarded, operation func() (T, error)) (T, error) {
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
func (s *guarded) Load(ctx context.Context, ids ...string) (map[string]Record, error) {
	return between(ctx, s.guard, func() (map[string]Record, error) { return s.Space.Load(ctx, ids...) })
}

// Find is Space.Find.
func (s *guarded) Find(ctx context.Context, terms ...string) ([]string, error) {
	return between(ctx, s.guard, func() ([]string, error) { return s.Space.Find(ctx, terms...) })
}

// Save is Space.Save.
func (s *guarded) Save(ctx context.Context, id string, r Record) (uint64, error) {
	if err := s.guard.settle(ctx); err != nil {
		return 0, err
	}
	return between(ctx, s.guard, func() (uint64, error) { return s.Space.Save(ctx, id, r) })
}

// Rewrite is Space.Rewrite.
func (s *guarded) Rewrite(ctx context.Context, id string, r Record) error {
	if err := s.guard.settle(ctx); err != nil {
		return err
	}
	_, err := between(ctx, s.guard, func() (struct{}, error) { return struct{}{}, s.Space.Rewrite(ctx, id, r) })
	return err
}

// Scan is Space.Scan.
func (s *guarded) Scan(ctx context.Context, after string, n int) ([]string, error) {
	return between(ctx, s.guard, func() ([]string, error) { return s.Space.Scan(ctx, after, n) })
}

// Delete is Space.Delete.
func (s *guarded) Delete(ctx context.Context, ids ...string) error {
	if err := s.guard.Check(ctx); err != nil {
		return err
	}
	return s.Space.Delete(ctx, ids...)
}

// Lock is Space.Lock.
func (s *guarded) Lock(ctx context.Context, key string, ttl time.Duration) (func(), error) {
	if err := s.guard.Check(ctx); err != nil {
		return nil, err
	}
	return s.Space.Lock(ctx, key, ttl)
}
