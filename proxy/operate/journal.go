package operate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/explain"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/pause"
)

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

// follow sends entries as they end, also those that were shown open.
func (t Tenants) follow(ctx context.Context, l *journal.Log, q journal.Query, shown []journal.Entry, send func(any) error) error {
	seen := map[string]journal.State{}
	begun := t.Now()
	for _, e := range shown {
		seen[e.ID] = e.State
		if e.State == journal.Open && e.Begun.Before(begun) {
			begun = e.Begun
		}
	}
	for {
		if pause.For(ctx, followEvery) != nil {
			return nil //nolint:nilerr // whoever follows ends it
		}
		q.Since, q.Last, q.Most = begun, false, 0
		if back := t.Now().Add(-settleTime); back.After(begun) {
			q.Since = back
		}
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
