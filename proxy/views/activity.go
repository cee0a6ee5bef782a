package views

import (
	"context"
	"slices"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/explain"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/pause"
)

// Activity returns entries of the tenant's journal, the newest first.
func (v *Views) Activity(ctx context.Context, tenant, before string, n int) ([]console.Activity, error) {
	t, err := v.journaled(tenant)
	if err != nil {
		return nil, err
	}
	q := journal.Query{Before: before, Most: n, Last: true}
	return v.activity(ctx, t, q)
}

// flushTime is how long a page waits for outcomes that are not saved yet.
const flushTime = time.Second

// activity returns what a query finds, the newest first. Of a place that several callers share, the
// entries of this tenant are shown.
func (v *Views) activity(ctx context.Context, t Tenant, q journal.Query) (all []console.Activity, err error) {
	q.Tenant = t.Config.Tenant
	flushing, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	_ = t.Journal.Flush(flushing) // then entries are shown as open
	found, err := t.Journal.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(found) {
		all = append(all, console.Activity{Entry: e, Sentences: explain.Entry(e)})
	}
	return all, nil
}

const (
	// lookEvery is how often Follow looks, lookBack how far back, mostLooked at how many entries.
	lookEvery  = time.Second
	lookBack   = 2 * time.Minute
	mostLooked = 200
)

// Follow calls changed when entries of a tenant are new or have ended. Those of others in the same
// place do not matter: what follows a change may read all of a journal.
func (v *Views) Follow(ctx context.Context, tenant string, changed func()) error {
	t, err := v.journaled(tenant)
	if err != nil {
		return err
	}
	var last []journal.State
	newest := ""
	for first := true; ; first = false {
		found, err := t.Journal.Find(ctx, journal.Query{Tenant: tenant, Since: v.Now().Add(-lookBack), Most: mostLooked, Last: true})
		if err == nil {
			var states []journal.State
			id := newest
			for _, e := range found {
				id, states = e.ID, append(states, e.State)
			}
			if !first && (id != newest || len(states) >= len(last) && !slices.Equal(states, last)) {
				changed()
			}
			newest, last = id, states
		}
		if pause.For(ctx, lookEvery) != nil {
			return nil //nolint:nilerr // whoever follows ends it
		}
	}
}
