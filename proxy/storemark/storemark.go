// Package storemark finds out whether a store is the one that belongs to a Keycloak realm.
//
// A mark at the account's own user in Keycloak names the stamp of the store. A store that was lost
// while no proxy ran has another stamp. Without the mark it would look like a new store, and every
// look-up by a kept attribute would answer that the resource does not exist.
package storemark

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/store"
)

// retryAge is how long the finding that the store is another one is kept: its data may be restored.
const retryAge = 10 * time.Second

// Account reads and writes the mark: Self.
type Account interface {
	Mark(ctx context.Context) (string, error)
	SetMark(ctx context.Context, stamp string) error
}

// Options of a Mark.
type Options struct {
	Account Account
	// Stamp is the stamp of the store.
	Stamp func(ctx context.Context) (string, error)
	// Expect is a stamp that the operator has confirmed: a store with it is right whatever the mark
	// says (store.expectStamp).
	Expect string
	// Unmarkable is called if the account cannot be marked. A lost store is then not found out.
	Unmarkable func(error)
	Now        func() time.Time
}

// Mark compares the store's stamp with the mark in Keycloak.
type Mark struct {
	o     Options
	group singleflight.Group

	mu      sync.Mutex
	checked bool
	set     bool // the mark names this store, or there can be none
	err     error
	at      time.Time // of err
}

// New makes a Mark. It asks nothing.
func New(o Options) *Mark { return &Mark{o: o} }

// Expect confirms a stamp, as Options.Expect does. It must be called before the first Check.
func (m *Mark) Expect(stamp string) { m.o.Expect = stamp }

// Check compares the mark with the store's stamp, once, and reports store.ErrLost if they differ.
// Concurrent calls compare once.
func (m *Mark) Check(ctx context.Context) error {
	m.mu.Lock()
	checked, err := m.checked, m.err
	fresh := m.o.Now().Sub(m.at) < retryAge
	m.mu.Unlock()
	if checked || err != nil && fresh {
		return err
	}
	return m.once(ctx, "compare", m.compare)
}

// once runs concurrent calls of one name together. No single caller can cancel them.
func (m *Mark) once(ctx context.Context, name string, do func(context.Context) error) error {
	done := m.group.DoChan(name, func() (any, error) { return nil, do(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-done:
		return r.Err
	}
}

func (m *Mark) compare(ctx context.Context) error {
	stamp, err := m.o.Stamp(ctx)
	if err != nil {
		return overlay.StoreError(err)
	}
	found, err := m.o.Account.Mark(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = nil
	switch {
	case errors.Is(err, ErrNoMark):
		m.o.Unmarkable(err)
		m.set = true
	case err != nil:
		return err
	case found == "":
	case found == stamp:
		m.set = true
	case m.o.Expect != stamp:
		m.err, m.at = overlay.StoreError(fmt.Errorf("%w: Keycloak names the store with the stamp %s, and this one has %s: restore its data, or set store.expectStamp to %s to go on without what was kept", store.ErrLost, found, stamp, stamp)), m.o.Now()
		return m.err
	}
	m.checked = true
	return nil
}

// Named reports whether Keycloak names this store.
func (m *Mark) Named() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.checked && m.set
}

// Space is a space that sets the mark before it saves its first record.
func (m *Mark) Space(s store.Space) store.Space { return space{s, m} }

type space struct {
	store.Space
	mark *Mark
}

// Save is store.Space.Save.
func (s space) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	if err := s.mark.write(ctx); err != nil {
		return 0, err
	}
	return s.Space.Save(ctx, id, r)
}

// write sets the mark, if it is not set.
func (m *Mark) write(ctx context.Context) error {
	m.mu.Lock()
	set := m.set
	m.mu.Unlock()
	if set {
		return nil
	}
	return m.once(ctx, "write", func(ctx context.Context) error {
		stamp, err := m.o.Stamp(ctx)
		if err == nil {
			err = m.o.Account.SetMark(ctx, stamp)
		}
		if errors.Is(err, ErrNoMark) {
			m.o.Unmarkable(err)
			err = nil
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.set = err == nil
		return err
	})
}
