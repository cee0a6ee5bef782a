package views

import (
	"context"
	"sync"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/journal"
)

const (
	// shown is how many hours are shown.
	shown = 24
	// hourAge is how old the count of an hour that may still change is, and writeAge how much older
	// it is for each write, so that busy tenants cost no more. An hour may change until settled has
	// passed since its end.
	hourAge  = 15 * time.Second
	writeAge = 20 * time.Millisecond
	settled  = 10 * time.Minute
	// mostCounted is up to how many writes of an hour are counted, which bounds what a page costs.
	mostCounted = 5_000
	// mostHours bounds what is remembered, for all tenants.
	mostHours = 20_000
)

// hours counts the writes of tenants by hour, from their journals. Hours that are over are counted
// once.
type hours struct {
	now func() time.Time
	mu  *sync.Mutex
	all map[hourKey]hour
}

type hourKey struct {
	tenant string
	begin  int64
}

type hour struct {
	console.Hour
	read    time.Time
	entries int
}

func newHours(now func() time.Time) hours {
	return hours{now: now, mu: new(sync.Mutex), all: map[hourKey]hour{}}
}

// Hours returns the writes of the last 24 hours, the oldest hour first. Reads are not in the
// journal.
func (v *Views) Hours(ctx context.Context, tenant string) ([]console.Hour, error) {
	t, err := v.journaled(tenant)
	if err != nil {
		return nil, err
	}
	return v.hours.of(ctx, t, shown)
}

// of returns the last n hours.
func (h *hours) of(ctx context.Context, t Tenant, n int) (all []console.Hour, err error) {
	if t.Journal == nil {
		return nil, errNoJournal
	}
	now := h.now()
	for i := range n {
		begin := now.UTC().Truncate(time.Hour).Add(time.Duration(i-n+1) * time.Hour)
		one, err := h.hour(ctx, t, begin, now)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (h *hours) hour(ctx context.Context, t Tenant, begin, now time.Time) (console.Hour, error) {
	k := hourKey{t.Config.Tenant, begin.Unix()}
	h.mu.Lock()
	known, there := h.all[k]
	h.mu.Unlock()
	if there && (known.read.Sub(begin) > time.Hour+settled || now.Sub(known.read) < hourAge+time.Duration(known.entries)*writeAge) {
		return known.Hour, nil
	}
	found, err := t.Journal.Find(ctx, journal.Query{Tenant: t.Config.Tenant, Since: begin, Until: begin.Add(time.Hour), Most: mostCounted})
	if err != nil {
		return console.Hour{}, err
	}
	one := hour{console.Hour{Begin: begin}, now, len(found)}
	for _, e := range found {
		switch {
		case e.IsAction():
		case e.State == journal.Done:
			one.Done++
		case e.State == journal.Refused || e.State == journal.Failed && e.Status < 500:
			one.Refused += 1 + e.More
		case e.State != journal.Open:
			one.Failed++
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.all) >= mostHours {
		h.forget(now)
	}
	h.all[k] = one
	return one.Hour, nil
}

// forget removes hours that are not shown any more, or all of them if there are none.
func (h *hours) forget(now time.Time) {
	before := len(h.all)
	for k := range h.all {
		if k.begin < now.Add(-(shown+1)*time.Hour).Unix() {
			delete(h.all, k)
		}
	}
	if len(h.all) == before {
		clear(h.all)
	}
}
