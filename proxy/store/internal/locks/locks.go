package locks

import (
	"context"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// Key names a lock of a tenant.
type Key struct{ Tenant, Name string }

// Table holds the locks that are taken. Its zero value is ready.
type Table struct {
	mu   sync.Mutex
	held map[Key]*hold
}

// hold is a lock that is taken. freed is closed when it ends, by unlock or by its timer.
type hold struct {
	freed chan struct{}
	timer *time.Timer
}

// Lock is Space.Lock.
func (t *Table) Lock(ctx context.Context, k Key, ttl time.Duration) (unlock func(), err error) {
	for {
		mine, busy := t.take(k, ttl)
		if busy == nil {
			return func() { t.free(k, mine) }, nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, store.Locked(ctx)
		}
	}
}

// take returns the new hold, or a channel that is closed when the present one ends.
func (t *Table) take(k Key, ttl time.Duration) (mine *hold, busy <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h, ok := t.held[k]; ok {
		return nil, h.freed
	}
	if t.held == nil {
		t.held = map[Key]*hold{}
	}
	h := &hold{freed: make(chan struct{})}
	h.timer = time.AfterFunc(ttl, func() { t.free(k, h) })
	t.held[k] = h
	return h, nil
}

// free ends a hold. A second call has no effect.
func (t *Table) free(k Key, h *hold) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[k] != h {
		return
	}
	h.timer.Stop()
	delete(t.held, k)
	close(h.freed)
}
