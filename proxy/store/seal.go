package store

import (
	"context"
	"slices"
	"time"
)

// Seal encrypts what an engine stores. Each body is sealed, with its terms, by AES-256-GCM for its
// tenant and id, so that it cannot be moved to another record. Terms and lock keys reach the engine
// as keyed hashes. Plain records stay readable and findable until they are saved again. The package
// documentation says what encryption does not hide.
func Seal(e Engine, keys *Keys) Engine { return &sealedEngine{Engine: e, keys: keys} }

// SealStrictly is Seal for a store without plain records. Load of a plain record fails with
// ErrUnreadable, and Find does not find it. So an attacker who can write to the store, but does not
// have the keys, cannot plant a record.
func SealStrictly(e Engine, keys *Keys) Engine {
	return &sealedEngine{Engine: e, keys: keys, strict: true}
}

type sealedEngine struct {
	Engine
	keys   *Keys
	strict bool
}

// Open opens the tenant's space, sealed.
func (e *sealedEngine) Open(tenant string) Space {
	return SealSpace(e.Engine.Open(tenant), tenant, e.keys, e.strict)
}

// SealSpace returns a space as engines of Seal open it, or as those of SealStrictly do if strict is
// true.
func SealSpace(s Space, tenant string, keys *Keys, strict bool) *SealedSpace {
	return &SealedSpace{Space: s, tenant: tenant, keys: keys, strict: strict}
}

// SealedSpace is a space whose records are sealed. Delete and Scan are not changed: ids are not
// hidden.
type SealedSpace struct {
	Space
	tenant string
	keys   *Keys
	strict bool // plain records are refused
}

// Load opens the records. If one of them cannot be opened, the call fails: leaving it out would
// mean that it does not exist.
func (s *SealedSpace) Load(ctx context.Context, ids ...string) (map[string]Record, error) {
	recs, err := s.Space.Load(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for id, r := range recs {
		if recs[id], err = s.OpenRecord(id, r); err != nil {
			return nil, err
		}
	}
	return recs, nil
}

// Find looks the terms up under every key and, unless plain records are refused, in plain.
func (s *SealedSpace) Find(ctx context.Context, terms ...string) ([]string, error) {
	if err := CheckTerms(terms...); err != nil {
		return nil, err
	}
	var lookups []string
	if !s.strict {
		lookups = append(lookups, terms...)
	}
	for _, t := range terms {
		for _, k := range s.keys.keys {
			lookups = append(lookups, s.hash(k, hashTerm, t))
		}
	}
	return s.Space.Find(ctx, lookups...)
}

// Save writes the record sealed with the first key.
func (s *SealedSpace) Save(ctx context.Context, id string, r Record) (uint64, error) {
	r, err := Prepare(id, r)
	if err != nil {
		return 0, err
	}
	return s.Space.Save(ctx, id, s.SealRecord(0, id, r))
}

// SaveAndDelete writes the record sealed with the first key.
func (s *SealedSpace) SaveAndDelete(ctx context.Context, id string, r Record, other string, ids ...string) (uint64, error) {
	r, err := Prepare(id, r)
	if err != nil {
		return 0, err
	}
	return s.Space.SaveAndDelete(ctx, id, s.SealRecord(0, id, r), other, ids...)
}

// Page opens the records. Like Load, it fails if one of them cannot be opened.
func (s *SealedSpace) Page(ctx context.Context, after string, n int) ([]Entry, string, error) {
	page, next, err := s.Space.Page(ctx, after, n)
	if err != nil {
		return nil, "", err
	}
	for i, e := range page {
		if page[i].Record, err = s.OpenRecord(e.ID, e.Record); err != nil {
			return nil, "", err
		}
	}
	return page, next, nil
}

// Rewrite writes the record sealed with the first key.
func (s *SealedSpace) Rewrite(ctx context.Context, id string, r Record) error {
	r, err := Prepare(id, r)
	if err != nil {
		return err
	}
	return s.Space.Rewrite(ctx, id, s.SealRecord(0, id, r))
}

// Lock takes one lock for each key, under a hash of the name, always in the same order of keys. So
// two processes exclude each other if their lists have a key in common, whichever key is the first.
// That is the case at every step of a rotation.
func (s *SealedSpace) Lock(ctx context.Context, name string, ttl time.Duration) (func(), error) {
	if err := CheckLock(name, ttl); err != nil {
		return nil, err
	}
	var held []func()
	unlock := func() {
		for _, free := range slices.Backward(held) {
			free()
		}
	}
	for _, k := range s.keys.byName() {
		free, err := s.Space.Lock(ctx, s.hash(k, hashLock, name), ttl)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, free)
	}
	return unlock, nil
}
