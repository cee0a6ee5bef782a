package store

import (
	"context"
	"time"
)

// guarded does nothing before the guard has checked the store. Locks and deletions wait for it too: they are the first steps of writes.
type guarded struct {
	Space
	guard *Guarded
}

// Load is Space.Load.
func (s *guarded) Load(ctx context.Context, ids ...string) (map[string]Record, error) {
	if err := s.guard.Check(ctx); err != nil {
		return nil, err
	}
	return s.Space.Load(ctx, ids...)
}

// Find is Space.Find.
func (s *guarded) Find(ctx context.Context, terms ...string) ([]string, error) {
	if err := s.guard.Check(ctx); err != nil {
		return nil, err
	}
	return s.Space.Find(ctx, terms...)
}

// Save is Space.Save.
func (s *guarded) Save(ctx context.Context, id string, r Record) (uint64, error) {
	if err := s.guard.Check(ctx); err != nil {
		return 0, err
	}
	return s.Space.Save(ctx, id, r)
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

// Scan is Space.Scan.
func (s *guarded) Scan(ctx context.Context, after string, n int) ([]string, error) {
	if err := s.guard.Check(ctx); err != nil {
		return nil, err
	}
	return s.Space.Scan(ctx, after, n)
}
