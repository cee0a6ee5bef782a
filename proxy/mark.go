package proxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// mark compares the store's stamp with the one that is saved in Keycloak with the tenant's account. A store that was lost while no proxy ran has a
// stamp that differs from the mark. Without the mark it would look like one that was never used, and every look-up by a kept attribute
// would answer that nobody is there.
type mark struct {
	account *keycloak.Account
	engine  *guard.Engine
	expect  string // store.expectStamp: a store that the operator names is right
	log     *zap.Logger
	now     func() time.Time

	group singleflight.Group

	mu      sync.Mutex
	checked bool
	set     bool // the mark names this store, or there can be none
	err     error
	at      time.Time // of err
}

// markAge is how long a store that was found to be another one is not compared again: its data may be brought back.
const markAge = 10 * time.Second

// check compares the mark with the store's stamp, once. It fails if they differ. Requests that come together compare once.
func (m *mark) check(ctx context.Context) error {
	m.mu.Lock()
	checked, err := m.checked, m.err
	fresh := m.now().Sub(m.at) < markAge
	m.mu.Unlock()
	if checked || err != nil && fresh {
		return err
	}
	done := m.group.DoChan("", func() (any, error) { return nil, m.compare(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-done:
		return r.Err
	}
}

func (m *mark) compare(ctx context.Context) error {
	stamp, _, err := m.engine.Stamp(ctx)
	if err != nil {
		return overlay.StoreError(err)
	}
	found, err := m.account.Mark(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = nil
	switch {
	case errors.Is(err, keycloak.ErrNoMark):
		m.log.Info("the account cannot be marked in Keycloak, so a store that is lost while the proxy does not run is not found out", zap.Error(err))
		m.set = true
	case err != nil:
		return err
	case found == "":
	case found == stamp:
		m.set = true
	case m.expect != stamp:
		m.err, m.at = overlay.StoreError(fmt.Errorf("%w: Keycloak names the store with the stamp %s, and this one has %s: bring its data back, or set store.expectStamp to %s to go on without what was kept", store.ErrLost, found, stamp, stamp)), m.now()
		return m.err
	}
	m.checked = true
	return nil
}

// write sets the mark, before anything is kept for the first time.
func (m *mark) write(ctx context.Context) error {
	m.mu.Lock()
	set := m.set
	m.mu.Unlock()
	if set {
		return nil
	}
	done := m.group.DoChan("write", func() (any, error) { return nil, m.name(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-done:
		return r.Err
	}
}

// name writes the stamp of this store into the mark.
func (m *mark) name(ctx context.Context) error {
	stamp, _, err := m.engine.Stamp(ctx)
	if err == nil {
		err = m.account.SetMark(ctx, stamp)
	}
	if errors.Is(err, keycloak.ErrNoMark) {
		m.log.Warn("the account could not be marked in Keycloak, so a store that is lost while the proxy does not run is not found out", zap.Error(err))
		err = nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set = err == nil
	return err
}

// AcceptStore has the proxy go on with the store as it is, whatever store Keycloak names, as store.expectStamp does. It must be called before
// anything is served, and only if it is known that nothing is missing.
func (p *Proxy) AcceptStore(ctx context.Context) error {
	stamp, _, err := p.engine.Stamp(ctx)
	if err != nil {
		return err
	}
	for _, t := range p.tenants.all {
		t.plan.mark.expect = stamp
	}
	return nil
}

// marking writes the mark before it saves the first record.
type marking struct {
	store.Space
	mark *mark
}

// Save is store.Space.Save.
func (s marking) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	if err := s.mark.write(ctx); err != nil {
		return 0, err
	}
	return s.Space.Save(ctx, id, r)
}

// storeMatches reports an error if Keycloak names another store than this one, and for no tenant this one: a mark that somebody has changed in one
// realm stops its tenant only. A tenant whose account does not answer says nothing.
func (g *tenantGate) storeMatches(ctx context.Context) error {
	var lost error
	for _, t := range g.all {
		err := t.plan.mark.check(ctx)
		if err == nil && t.plan.mark.named() {
			return nil
		}
		if errors.Is(err, store.ErrLost) {
			lost = err
		}
	}
	return lost
}

// named reports whether Keycloak names this store.
func (m *mark) named() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.checked && m.set
}
