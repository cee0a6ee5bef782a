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

// retryAge is how long Check returns the error that the store is another one before it compares
// again, because the data may have been restored.
const retryAge = 10 * time.Second

// Account reads and writes the mark. Self implements it.
type Account interface {
	Mark(ctx context.Context) (string, error)
	SetMark(ctx context.Context, stamp string) error
}

// Options configure a Mark.
type Options struct {
	Account Account
	// Stamp returns the stamp of the store.
	Stamp func(ctx context.Context) (string, error)
	// Expect is a stamp that the operator has confirmed (store.expectStamp). A store with it is
	// accepted with any mark.
	Expect string
	// Unmarkable is called if the account cannot be marked. Then a lost store is not detected after
	// a restart.
	Unmarkable func(error)
	Now        func() time.Time
}

// Mark compares the store's stamp with the mark in Keycloak.
type Mark struct {
	o     Options
	group singleflight.Group

	mu      sync.Mutex
	checked bool
	set     bool // the mark names this store, or the account cannot have one
	err     error
	at      time.Time // of err
}

// New returns a Mark. It sends no request.
func New(o Options) *Mark { return &Mark{o: o} }

// Expect sets Options.Expect. It must be called before the first Check.
func (m *Mark) Expect(stamp string) { m.o.Expect = stamp }

// Check compares the mark with the store's stamp, until they were equal once. It returns
// store.ErrLost if they differ. Concurrent calls compare once.
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

// once runs do once for all concurrent calls with a name. Callers can stop waiting, but not cancel
// it.
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
		m.err, m.at = overlay.StoreError(fmt.Errorf("%w: the mark in Keycloak has the stamp %s, but this store has %s: restore the data of the store, or set store.expectStamp to %s to continue without the kept attributes", store.ErrLost, found, stamp, stamp)), m.o.Now()
		return m.err
	}
	m.checked = true
	return nil
}

// Named reports whether Check has found that the mark names this store, or that there can be no
// mark.
func (m *Mark) Named() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.checked && m.set
}

// Space wraps a space, so that the mark is set before the first record is saved.
func (m *Mark) Space(s store.Space) store.Space { return space{s, m} }

type space struct {
	store.Space
	mark *Mark
}

// Save sets the mark if needed, and saves the record.
func (s space) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	if err := s.mark.write(ctx); err != nil {
		return 0, err
	}
	return s.Space.Save(ctx, id, r)
}

// SaveAndDelete sets the mark if needed, and saves the record.
func (s space) SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (uint64, error) {
	if err := s.mark.write(ctx); err != nil {
		return 0, err
	}
	return s.Space.SaveAndDelete(ctx, id, r, other, ids...)
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
