package trial

import (
	"context"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
)

// clockSkew is how far the clocks of the processes of a store may differ.
const clockSkew = 5 * time.Second

// resolve finds in the journal what became of creates whose outcome was lost. It gives a place back
// when its call has ended for sure, and the journal knows how, or has no entry of it.
func (m mark) resolve(ctx context.Context, l *ledger) error {
	entries := map[string][]journal.Entry{} // by request: a bulk request has many creates
	for _, p := range slices.Clone(l.Open) {
		found, known := entries[p.Request]
		if !known {
			all, err := m.Journal.Find(ctx, journal.Query{Request: p.Request, Verb: "create", Most: mostEver})
			if err != nil {
				return scim.Unavailable("the journal", err)
			}
			found = all
			entries[p.Request] = found
		}
		open := false
		for _, e := range found {
			if e.Tenant != m.Tenant || e.Type != p.Type || e.Begun.Before(p.At.Add(-clockSkew)) || e.Begun.Before(m.since) || e.Undoes != "" {
				continue // of another caller: ids of requests are theirs to choose
			}
			open = open || e.State == journal.Open
			if e.Happened() && e.Target != "" {
				l.add(e.Type, e.Target)
			}
		}
		if !open && m.Now().Sub(p.At) > m.Doubt {
			l.Open = slices.DeleteFunc(l.Open, func(o place) bool { return o.Key == p.Key })
		}
	}
	return nil
}
