// Package operate has what operators do at a proxy: they read the journal, explain and undo
// requests, look for drift, and act on the guard and on events that wait. Commands do it in their
// own process or by the proxy that runs (package control).
package operate

import (
	"context"
	"errors"
	"time"

	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/explain"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/undo"
)

// Tenant is a tenant as operators see it.
type Tenant struct {
	Name     string
	Journal  *journal.Log // nil: nothing is recorded
	Payloads *journaling.Payloads
	SetUp    SetUp
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
	// Tokens are those that were made at run time.
	Tokens *issued.Tokens
	// Says returns what a rule of a dialect does.
	Says explain.Says
	Now  func() time.Time
	// Invites has the invitations of customers; nil: there are none. LinkURL is the URL of a link.
	Invites *invite.Invites
	LinkURL func(link string) string
	// Readings are shared by all who look at checklists; nil: each look reads the journal.
	Readings *Readings
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
		"tokens":   control.Of(t.tokens),
		"invite":   control.Of(t.invite),
	}
}

var errNoJournal = errors.New("there is no journal: journal.days is 0 in the configuration")

func (t Tenants) tenant(name string) (Tenant, error) {
	one, known := t.Of(name)
	switch {
	case !known:
		return one, operating.Unknown(name)
	case one.Journal == nil:
		return one, errNoJournal
	}
	return one, nil
}

func (t Tenants) tokens(ctx context.Context, r issued.Request, send func(any) error) error {
	a, err := t.Tokens.Do(ctx, r)
	if err != nil {
		return err
	}
	return send(a)
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
