package tokenlife

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// uses has the last use of each key.
type uses struct {
	mu    sync.Mutex
	times map[Name]time.Time
	fresh map[Name]bool // not written yet
}

// note keeps a time if it is later than the one that is known.
func (u *uses) note(n Name, at time.Time, fresh bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !at.After(u.times[n]) {
		return
	}
	u.times[n] = at
	if fresh {
		u.fresh[n] = true
	}
}

// Note notes that a key is used now. It does no I/O.
func (l *Life) Note(n Name) { l.uses.note(n, l.Now(), true) }

// Used returns when a key was last used, as far as it is known.
func (l *Life) Used(n Name) (at time.Time, known bool) {
	l.uses.mu.Lock()
	defer l.uses.mu.Unlock()
	at, known = l.uses.times[n]
	return at, known
}

// Uses returns when keys of a tenant were last used, by their ids, as far as it is known here or in
// the store.
func (l *Life) Uses(ctx context.Context, tenant string, ids []string) map[string]time.Time {
	names := make([]Name, len(ids))
	for i, id := range ids {
		names[i] = Name{Tenant: tenant, Key: id}
	}
	_, _ = l.read(ctx, names) // then what is known here is shown
	all := map[string]time.Time{}
	for _, n := range names {
		if at, known := l.Used(n); known {
			all[n.Key] = at
		}
	}
	return all
}

// id is the id of the record of a key. The names of tenants and keys have no dots.
func (n Name) id() string { return n.Tenant + "." + n.Key }

// record is the record of a key.
type record struct {
	Used time.Time `json:"used"`
}

// at returns the time of a record, zero if it has none.
func at(r store.Record) time.Time {
	var read record
	_ = json.Unmarshal(r.Body, &read) // a damaged record is written again with the next use
	return read.Used
}

// batch is how many records are loaded at once.
const batch = 500

// load reads the uses of all keys.
func (l *Life) load(ctx context.Context) error {
	var names []Name
	for _, k := range l.Keys() {
		names = append(names, k.Name)
	}
	_, err := l.read(ctx, names)
	return err
}

// read loads the records of keys, and keeps their times.
func (l *Life) read(ctx context.Context, names []Name) (map[string]store.Record, error) {
	all := map[string]store.Record{}
	for len(names) > 0 {
		some := names[:min(batch, len(names))]
		names = names[len(some):]
		ids := make([]string, len(some))
		for i, n := range some {
			ids[i] = n.id()
		}
		found, err := l.Space.Load(ctx, ids...)
		if err != nil {
			return nil, err
		}
		for _, n := range some {
			if r, there := found[n.id()]; there {
				all[n.id()] = r
				l.uses.note(n, at(r), false)
			}
		}
	}
	return all, nil
}

// write writes the uses since the last time. Those that cannot be written are tried again the next
// time.
func (l *Life) write(ctx context.Context) error {
	l.uses.mu.Lock()
	var names []Name
	for n := range l.uses.fresh {
		names = append(names, n)
	}
	l.uses.mu.Unlock()
	stored, err := l.read(ctx, names)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := l.save(ctx, n, stored[n.id()]); err != nil {
			return err
		}
	}
	return nil
}

// save writes the use of a key over a record. If another process has written it meanwhile, that is
// as good: it was used in the same minute.
func (l *Life) save(ctx context.Context, n Name, over store.Record) error {
	l.uses.mu.Lock()
	used := l.uses.times[n]
	delete(l.uses.fresh, n) // a use from now on is another one
	l.uses.mu.Unlock()
	if !used.After(at(over)) {
		return nil
	}
	body, err := json.Marshal(record{used.UTC()})
	if err != nil {
		return err
	}
	if _, err = l.Space.Save(ctx, n.id(), store.Record{Rev: over.Rev, Body: body}); err == nil || errors.Is(err, store.ErrConflict) {
		return nil
	}
	l.uses.mu.Lock()
	defer l.uses.mu.Unlock()
	l.uses.fresh[n] = true
	return err
}
