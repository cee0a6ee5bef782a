package embedded

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/locks"
)

type space struct {
	*Engine
	tenant string
}

// Name is store.Space.Name.
func (s *space) Name() string { return s.tenant }

// Load is store.Space.Load.
func (s *space) Load(ctx context.Context, ids ...string) (map[string]store.Record, error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckIDs(ids...)); err != nil {
		return nil, err
	}
	out := make(map[string]store.Record, len(ids))
	err := s.view(ctx, "load", func(t tables) error {
		for _, id := range ids {
			r, err := t.get(id)
			if err != nil {
				return err
			}
			if r.Rev > 0 {
				r.Body = bytes.Clone(r.Body) // bbolt's memory is valid only in the transaction
				out[id] = r
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Find is store.Space.Find.
func (s *space) Find(ctx context.Context, terms ...string) (ids []string, err error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckTerms(terms...)); err != nil {
		return nil, err
	}
	err = s.view(ctx, "find", func(t tables) error {
		for _, term := range terms {
			ids = t.find(ids, term)
		}
		return nil
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Save is store.Space.Save.
func (s *space) Save(ctx context.Context, id string, r store.Record) (rev uint64, err error) {
	return s.save(ctx, id, r, s.tenant)
}

// SaveAndDelete is store.Space.SaveAndDelete, in one transaction.
func (s *space) SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (uint64, error) {
	return s.save(ctx, id, r, other, ids...)
}

func (s *space) save(ctx context.Context, id string, r store.Record, other string, ids ...string) (rev uint64, err error) {
	r, err = store.Prepare(id, r)
	if err := cmp.Or(store.CheckIDs(s.tenant, other), store.CheckIDs(ids...), err); err != nil {
		return 0, err
	}
	err = s.write(ctx, "save", func(tx *bolt.Tx) error {
		t, err := createTables(tx, s.tenant)
		if err != nil {
			return err
		}
		leaving, err := removals(tx, other, ids) // before the record is changed: see write
		if err != nil {
			return err
		}
		if rev, err = t.swap(id, r); err != nil {
			return err
		}
		return leaving()
	})
	if err != nil {
		return 0, err
	}
	return rev, nil
}

// Rewrite is store.Space.Rewrite.
func (s *space) Rewrite(ctx context.Context, id string, r store.Record) error {
	r, err := store.Prepare(id, r)
	if err := cmp.Or(store.CheckIDs(s.tenant), err); err != nil {
		return err
	}
	return s.write(ctx, "rewrite", func(tx *bolt.Tx) error {
		t, ok := openTables(tx, s.tenant)
		if !ok {
			return store.ErrConflict
		}
		return t.rewrite(id, r)
	})
}

// Delete is store.Space.Delete.
func (s *space) Delete(ctx context.Context, ids ...string) error {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckIDs(ids...)); err != nil {
		return err
	}
	return s.write(ctx, "delete", func(tx *bolt.Tx) error {
		t, ok := openTables(tx, s.tenant)
		if !ok {
			return nil
		}
		for _, id := range ids {
			if err := t.remove(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// removals reads the records that are to be removed from a tenant's tables, and returns a function
// that removes them. It fails before anything is changed if one of them is damaged.
func removals(tx *bolt.Tx, tenant string, ids []string) (remove func() error, err error) {
	t, ok := openTables(tx, tenant)
	if !ok {
		ids = nil
	}
	for _, id := range ids {
		if _, err := t.get(id); err != nil {
			return nil, err
		}
	}
	return func() error {
		for _, id := range ids {
			if err := t.remove(id); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// Lock is store.Space.Lock. It works inside this process, which is the only user of the file.
func (s *space) Lock(ctx context.Context, key string, ttl time.Duration) (func(), error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckLock(key, ttl)); err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		return nil, err
	}
	return s.locks.Lock(ctx, locks.Key{Tenant: s.tenant, Name: key}, ttl)
}

// Scan is store.Space.Scan.
func (s *space) Scan(ctx context.Context, after string, n int) (ids []string, err error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckScan(n)); err != nil {
		return nil, err
	}
	err = s.view(ctx, "scan", func(t tables) error {
		ids = t.scan(after, n)
		return nil
	})
	return ids, err
}

// Page is store.Space.Page.
func (s *space) Page(ctx context.Context, after string, n int) (page []store.Entry, next string, err error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckScan(n)); err != nil {
		return nil, "", err
	}
	err = s.view(ctx, "page", func(t tables) (err error) {
		page, next, err = t.page(after, n)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

// view reads the tenant's tables. If the tenant has none, fn is not called.
func (s *space) view(ctx context.Context, op string, fn func(tables) error) error {
	return s.read(ctx, op, func(tx *bolt.Tx) error {
		if t, ok := openTables(tx, s.tenant); ok {
			return fn(t)
		}
		return nil
	})
}
