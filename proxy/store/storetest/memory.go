package storetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/locks"
)

// Op is one operation that reached Memory. IDs are its arguments: ids, terms, the lock key, or the
// id after which a scan starts.
type Op struct {
	Tenant string
	// Name is Load, Find, Save, SaveAndDelete, Rewrite, Delete, Lock, Unlock, Scan, Page, Spaces,
	// Ping or Probe.
	Name string
	IDs  []string
}

// Memory is a store.Engine in memory, with switches for faults. All methods are safe for concurrent
// use.
type Memory struct {
	locks locks.Table

	mu     sync.Mutex
	spaces map[string]map[string]store.Record
	rev    uint64
	down   error
	before func(context.Context, Op) error
	ops    []Op
}

var _ store.Engine = (*Memory)(nil)

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{spaces: map[string]map[string]store.Record{}} }

// SetDown makes every operation fail with err, which should wrap store.ErrUnavailable. Nil ends
// that.
func (m *Memory) SetDown(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = err
}

// OnOp calls f before each operation. Memory is not locked meanwhile, so f may call Memory or
// block. If f returns an error, the operation fails with it and is not done. An Unlock that is not
// done leaves the lock to its ttl.
func (m *Memory) OnOp(f func(context.Context, Op) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = f
}

// Ops returns the operations so far, including failed ones but not invalid ones. Their number is
// the number of round trips to a real store.
func (m *Memory) Ops() []Op {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ops)
}

// Reset forgets the operations so far, but keeps the records.
func (m *Memory) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ops = nil
}

// Open is store.Engine.Open.
func (m *Memory) Open(tenant string) store.Space { return &space{m, tenant} }

// Spaces is store.Engine.Spaces.
func (m *Memory) Spaces(ctx context.Context) ([]string, error) {
	if err := m.begin(ctx, Op{Name: "Spaces"}); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.spaces)), nil
}

// Ping is store.Engine.Ping.
func (m *Memory) Ping(ctx context.Context) error { return m.begin(ctx, Op{Name: "Ping"}) }

// Probe is store.Engine.Probe.
func (m *Memory) Probe(ctx context.Context) error { return m.begin(ctx, Op{Name: "Probe"}) }

// Close makes later operations fail.
func (m *Memory) Close() error {
	m.SetDown(store.Unavailable(context.Background(), "memory", errors.New("closed")))
	return nil
}

// begin records an operation and returns the error that the switches give it.
func (m *Memory) begin(ctx context.Context, op Op) error {
	op.IDs = slices.Clone(op.IDs)
	m.mu.Lock()
	m.ops = append(m.ops, op)
	before := m.before
	m.mu.Unlock()
	if before != nil {
		if err := before(ctx, op); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return cmp.Or(ctx.Err(), m.down)
}

type space struct {
	*Memory
	tenant string
}

// Name is store.Space.Name.
func (s *space) Name() string { return s.tenant }

func (s *space) start(ctx context.Context, name string, ids []string, checks ...error) error {
	if err := cmp.Or(append(checks, store.CheckIDs(s.tenant))...); err != nil {
		return err
	}
	return s.begin(ctx, Op{s.tenant, name, ids})
}

// locked runs fn on the tenant's records.
func (s *space) locked(fn func(records map[string]store.Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spaces[s.tenant] == nil {
		s.spaces[s.tenant] = map[string]store.Record{}
	}
	fn(s.spaces[s.tenant])
}

func clone(r store.Record) store.Record {
	return store.Record{Rev: r.Rev, Body: bytes.Clone(r.Body), Terms: slices.Clone(r.Terms)}
}

// Load is store.Space.Load.
func (s *space) Load(ctx context.Context, ids ...string) (map[string]store.Record, error) {
	if err := s.start(ctx, "Load", ids, store.CheckIDs(ids...)); err != nil {
		return nil, err
	}
	out := map[string]store.Record{}
	s.locked(func(records map[string]store.Record) {
		for _, id := range ids {
			if r, ok := records[id]; ok {
				out[id] = clone(r)
			}
		}
	})
	return out, nil
}

// Find is store.Space.Find.
func (s *space) Find(ctx context.Context, terms ...string) (ids []string, err error) {
	if err := s.start(ctx, "Find", terms, store.CheckTerms(terms...)); err != nil {
		return nil, err
	}
	s.locked(func(records map[string]store.Record) {
		for id, r := range records {
			if slices.ContainsFunc(terms, func(t string) bool { return slices.Contains(r.Terms, t) }) {
				ids = append(ids, id)
			}
		}
	})
	slices.Sort(ids)
	return ids, nil
}

// Save is store.Space.Save.
func (s *space) Save(ctx context.Context, id string, r store.Record) (rev uint64, err error) {
	r, err = store.Prepare(id, r)
	if err := s.start(ctx, "Save", []string{id}, err); err != nil {
		return 0, err
	}
	s.locked(func(records map[string]store.Record) { rev, err = s.swap(records, id, r) })
	return rev, err
}

// SaveAndDelete is store.Space.SaveAndDelete.
func (s *space) SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (rev uint64, err error) {
	r, err = store.Prepare(id, r)
	if err := s.start(ctx, "SaveAndDelete", append([]string{id}, ids...), err, store.CheckIDs(other), store.CheckIDs(ids...)); err != nil {
		return 0, err
	}
	s.locked(func(records map[string]store.Record) {
		if rev, err = s.swap(records, id, r); err == nil {
			for _, id := range ids {
				delete(s.spaces[other], id)
			}
		}
	})
	return rev, err
}

// swap saves the record. Memory is locked.
func (s *space) swap(records map[string]store.Record, id string, r store.Record) (rev uint64, err error) {
	if records[id].Rev != r.Rev {
		return 0, store.ErrConflict
	}
	s.rev++
	r.Rev = s.rev
	records[id] = clone(r)
	return s.rev, nil
}

// Rewrite is store.Space.Rewrite.
func (s *space) Rewrite(ctx context.Context, id string, r store.Record) error {
	r, err := store.Prepare(id, r)
	if err := s.start(ctx, "Rewrite", []string{id}, err); err != nil {
		return err
	}
	err = store.ErrConflict
	s.locked(func(records map[string]store.Record) {
		if old, there := records[id]; there && old.Rev == r.Rev {
			records[id], err = clone(r), nil
		}
	})
	return err
}

// Delete is store.Space.Delete.
func (s *space) Delete(ctx context.Context, ids ...string) error {
	if err := s.start(ctx, "Delete", ids, store.CheckIDs(ids...)); err != nil {
		return err
	}
	s.locked(func(records map[string]store.Record) {
		for _, id := range ids {
			delete(records, id)
		}
	})
	return nil
}

// Lock is store.Space.Lock.
func (s *space) Lock(ctx context.Context, key string, ttl time.Duration) (func(), error) {
	if err := s.start(ctx, "Lock", []string{key}, store.CheckLock(key, ttl)); err != nil {
		return nil, err
	}
	unlock, err := s.locks.Lock(ctx, locks.Key{Tenant: s.tenant, Name: key}, ttl)
	if err != nil {
		return nil, err
	}
	return func() {
		if s.begin(context.WithoutCancel(ctx), Op{s.tenant, "Unlock", []string{key}}) == nil {
			unlock()
		}
	}, nil
}

// Scan is store.Space.Scan.
func (s *space) Scan(ctx context.Context, after string, n int) (ids []string, err error) {
	if err := s.start(ctx, "Scan", []string{after}, store.CheckScan(n)); err != nil {
		return nil, err
	}
	s.locked(func(records map[string]store.Record) { ids = slices.Sorted(maps.Keys(records)) })
	from, found := slices.BinarySearch(ids, after)
	if found {
		from++
	}
	ids = ids[from:]
	return ids[:min(n, len(ids))], nil
}

// Page is store.Space.Page.
func (s *space) Page(ctx context.Context, after string, n int) (page []store.Entry, next string, err error) {
	if err := s.start(ctx, "Page", []string{after}, store.CheckScan(n)); err != nil {
		return nil, "", err
	}
	s.locked(func(records map[string]store.Record) {
		for _, id := range slices.Sorted(maps.Keys(records)) {
			if id > after && len(page) < n {
				page = append(page, store.Entry{ID: id, Record: clone(records[id])})
			}
		}
	})
	if len(page) == n {
		next = page[n-1].ID
	}
	return page, next, nil
}
