// Package operate has what operators do at a proxy: look at the journal of a tenant, and explain
// its requests. Commands do it in their own process or by the proxy that runs (package control).
package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/explain"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/undo"
)

// Tenant is a tenant as operators see it.
type Tenant struct {
	Name     string
	Journal  *journal.Log // nil: nothing is recorded
	Payloads *journaling.Payloads
}

// Tenants are those of a proxy.
type Tenants struct {
	// Of returns a tenant, All the names of all.
	Of  func(name string) (Tenant, bool)
	All func() []string
	// Place is a tenant as an undo sees it.
	Place operating.Places
	// Events has the journals of all scopes, with their outboxes.
	Events outbox.Engine
	// Guards has the state of all guards.
	Guards store.Space
	// Says returns what a rule of a dialect does.
	Says explain.Says
	Now  func() time.Time
}

// Operations of the proxy.
func (t Tenants) Operations() control.Operations {
	return control.Operations{
		"journal":  control.Of(t.journal),
		"explain":  control.Of(t.explain),
		"payloads": control.Of(t.payloads),
		"guard":    control.Of(t.guard),
		"undo":     control.Of(t.undo),
		"drift":    control.Of(t.drift),
		"events":   control.Of(t.events),
	}
}

func (t Tenants) tenant(name string) (Tenant, error) {
	one, known := t.Of(name)
	switch {
	case !known:
		return one, operating.Unknown(name)
	case one.Journal == nil:
		return one, fmt.Errorf("there is no journal: journal.days is 0 in the configuration")
	}
	return one, nil
}

// JournalArguments select entries of a tenant's journal. Those of other callers of the same realm
// or group are in it too.
type JournalArguments struct {
	Tenant string
	Query  journal.Query
	// Follow goes on with new entries when all are sent, until the context ends.
	Follow bool
}

// flushTime is how long a reader waits for outcomes that are not saved yet.
const flushTime = 2 * time.Second

func (t Tenants) journal(ctx context.Context, a JournalArguments, send func(any) error) error {
	one, err := t.tenant(a.Tenant)
	if err != nil {
		return err
	}
	flush(ctx, one.Journal)
	found, err := one.Journal.Find(ctx, a.Query)
	if err != nil {
		return err
	}
	for _, e := range found {
		if err := send(e); err != nil {
			return err
		}
	}
	if !a.Follow {
		return nil
	}
	return t.follow(ctx, one.Journal, a.Query, found, send)
}

// flush waits a little for outcomes that are not saved yet.
func flush(ctx context.Context, l *journal.Log) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	_ = l.Flush(ctx) // then entries are shown as open
}

const (
	followEvery = time.Second
	// settleTime is how far back follow looks: entries get their ids before they are saved, and
	// their outcome later.
	settleTime = 2 * time.Minute
)

// follow sends entries as they end.
func (t Tenants) follow(ctx context.Context, l *journal.Log, q journal.Query, shown []journal.Entry, send func(any) error) error {
	seen := map[string]journal.State{}
	for _, e := range shown {
		seen[e.ID] = e.State
	}
	begun := t.Now()
	for {
		if pause.For(ctx, followEvery) != nil {
			return nil //nolint:nilerr // whoever follows ends it
		}
		q.Since, q.Last, q.Most = maxTime(begun, t.Now().Add(-settleTime)), false, 0
		found, err := l.Find(ctx, q)
		if err != nil {
			return err
		}
		recent := map[string]journal.State{}
		for _, e := range found {
			recent[e.ID] = e.State
			if e.State == journal.Open || seen[e.ID] == e.State {
				continue
			}
			if err := send(e); err != nil {
				return err
			}
		}
		seen = recent
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// ExplainArguments name a request. Without a tenant it is searched in all journals.
type ExplainArguments struct{ Tenant, Request string }

// Explained is what became of a request.
type Explained struct {
	Entries   []journal.Entry `json:"entries"`
	Sentences []string        `json:"sentences"`
}

func (t Tenants) explain(ctx context.Context, a ExplainArguments, send func(any) error) error {
	names := t.All()
	if a.Tenant != "" {
		names = []string{a.Tenant}
	}
	var searched []*journal.Log
	found := false
	for _, name := range names {
		one, err := t.tenant(name)
		if err != nil {
			return err
		}
		if slices.Contains(searched, one.Journal) {
			continue
		}
		searched = append(searched, one.Journal)
		flush(ctx, one.Journal)
		all, err := one.Journal.Find(ctx, journal.Query{Request: a.Request})
		if err != nil {
			return err
		}
		if len(all) == 0 {
			continue
		}
		found = true
		if err := send(Explained{all, explain.Request(all, t.Says)}); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("no journal has the request %q: requests that only read, and requests that changed nothing, have no entry", a.Request)
	}
	return nil
}

// PayloadArguments say for how long the bodies of a tenant's requests are recorded. For 0 it ends.
type PayloadArguments struct {
	Tenant string
	For    time.Duration
}

func (t Tenants) payloads(ctx context.Context, a PayloadArguments, send func(any) error) error {
	one, err := t.tenant(a.Tenant)
	if err != nil {
		return err
	}
	until, err := one.Payloads.Record(ctx, a.For)
	if err != nil {
		return err
	}
	return send(until)
}

// GuardArguments are what an operator asks of the guard of a tenant, or of the drop-in callers of a
// realm, with the window that is configured for it.
type GuardArguments struct {
	budget.Request
	Window time.Duration
}

func (t Tenants) guard(ctx context.Context, a GuardArguments, send func(any) error) error {
	s, err := budget.Operate{Space: t.Guards, Tenant: a.Tenant, Window: a.Window, Now: t.Now}.Do(ctx, a.Request)
	if err != nil {
		return err
	}
	return send(s)
}

func (t Tenants) events(ctx context.Context, q outbox.Request, send func(any) error) error {
	all, err := outbox.Do(ctx, t.Events, t.Now, q)
	if err != nil {
		return err
	}
	return send(all)
}

// undo sends the outcome also if the undo failed in the middle.
func (t Tenants) undo(ctx context.Context, j undo.Job, send func(any) error) error {
	o, err := undo.Run(ctx, t.Place, j)
	if o.Tenant == "" {
		return err
	}
	return errors.Join(send(o), err)
}

// Held reports whether the guard of a tenant holds changes.
func (t Tenants) Held(ctx context.Context, tenant string) (bool, error) {
	return budget.Operate{Space: t.Guards, Tenant: tenant, Now: t.Now}.Holding(ctx)
}

func (t Tenants) drift(ctx context.Context, j drift.Job, send func(any) error) error {
	o, err := drift.Run(ctx, t.Place, func(ctx context.Context) (bool, error) { return t.Held(ctx, j.Tenant) }, j)
	if o.Plan == "" {
		return err
	}
	return errors.Join(send(o), err)
}
