package operate

import (
	"context"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/invite"
)

// Readings share what was read of journals for checklists, so that each look reads only what is
// new. The zero Readings is ready. It is safe for concurrent use.
type Readings struct {
	mu  sync.Mutex
	all map[string]*reading // by tenant
}

// mostReadings bounds the tenants that are remembered. The one that was not looked at for longest
// is forgotten first.
const mostReadings = 500

// reading is that of one set-up. Its holder has the turn.
type reading struct {
	turn     chan struct{}
	used     time.Time // under the lock of Readings
	reader   *checklist.Reader
	required []checklist.Required
	asked    time.Time // when required was
	seen     *checklist.Seen
	whole    time.Time // when all was read last; zero: it never was
}

// of returns the reading of a tenant. A nil Readings shares none.
func (r *Readings) of(tenant string, now time.Time) *reading {
	fresh := &reading{turn: make(chan struct{}, 1), used: now}
	if r == nil {
		return fresh
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	one, there := r.all[tenant]
	if !there {
		if len(r.all) >= mostReadings {
			r.forget()
		}
		if r.all == nil {
			r.all = map[string]*reading{}
		}
		one = fresh
		r.all[tenant] = one
	}
	one.used = now
	return one
}

func (r *Readings) forget() {
	oldest := ""
	for name, one := range r.all {
		if oldest == "" || one.used.Before(r.all[oldest].used) {
			oldest = name
		}
	}
	delete(r.all, oldest)
}

// placesAge is how long a look relies on where attributes live, which Keycloak knows.
const placesAge = 30 * time.Second

// look returns an invitation with its checklist, after it has read what is new; all of that if
// whole says so. Nothing is new to an invitation that had ended when all was read last.
func (t Tenants) look(ctx context.Context, one Tenant, i invite.Invitation, whole bool) (Invited, error) {
	g := t.Readings.of(one.Name, t.Now())
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return Invited{}, ctx.Err()
	}
	if r := g.reader; r == nil || r.Log != one.Journal || r.IDP != one.SetUp.IDP || !r.Since.Equal(i.Since) {
		g.reader, g.seen, g.whole, g.asked = reader(one, i), nil, time.Time{}, time.Time{}
	}
	if !g.whole.IsZero() && !i.Open(g.whole) {
		return t.seen(ctx, one, i, g.required, g.seen), nil
	}
	if t.Now().Sub(g.asked) > placesAge {
		g.required, g.asked = one.SetUp.Required(ctx), t.Now()
	}
	if whole {
		flush(ctx, one.Journal)
	}
	for begun := t.Now(); ; {
		seen, more, err := g.reader.Read(ctx, g.required)
		if err != nil {
			g.whole = time.Time{}
			return Invited{}, err
		}
		if g.seen = seen; !more {
			g.whole = begun
		}
		if !more || !whole {
			return t.seen(ctx, one, i, g.required, seen), nil
		}
	}
}
