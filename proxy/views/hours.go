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
	// for each write that was read with it, so that busy tenants cost no more. An hour may change
	// until settled has passed since its end.
	hourAge  = 15 * time.Second
	writeAge = 20 * time.Millisecond
	settled  = 10 * time.Minute
	// mostCounted is up to how many writes are counted, the last ones: it bounds what a page costs.
	mostCounted = 10_000
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
	read  time.Time
	whole bool // all its writes were counted
	busy  time.Duration
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
	return v.hours.of(ctx, t)
}

func (h *hours) of(ctx context.Context, t Tenant) (all []console.Hour, err error) {
	if t.Journal == nil {
		return nil, errNoJournal
	}
	now := h.now()
	first := now.UTC().Truncate(time.Hour).Add(-(shown - 1) * time.Hour)
	for i := range shown {
		begin := first.Add(time.Duration(i) * time.Hour)
		known, there := h.known(t, begin, now)
		if !there {
			return h.count(ctx, t, all, begin, now)
		}
		all = append(all, known)
	}
	return all, nil
}

// known returns an hour that need not be counted again.
func (h *hours) known(t Tenant, begin, now time.Time) (console.Hour, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one, there := h.all[hourKey{t.Config.Tenant, begin.Unix()}]
	return one.Hour, there && (one.whole && one.read.Sub(begin) > time.Hour+settled || now.Sub(one.read) < hourAge+one.busy)
}

// count adds the hours from begin on to those that are known.
func (h *hours) count(ctx context.Context, t Tenant, all []console.Hour, begin, now time.Time) ([]console.Hour, error) {
	found, err := t.Journal.Find(ctx, journal.Query{Tenant: t.Config.Tenant, Since: begin, Most: mostCounted, Last: true})
	if err != nil {
		return nil, err
	}
	for from := len(all); len(all) < shown; {
		all = append(all, console.Hour{Begin: begin.Add(time.Duration(len(all)-from) * time.Hour)})
	}
	last := len(all) - 1
	for _, e := range found {
		if back := int(all[last].Begin.Add(time.Hour).Sub(e.Begun) / time.Hour); back >= 0 && back <= last {
			add(&all[last-back], e)
		}
	}
	h.keep(t, all, begin, now, len(found))
	return all, nil
}

func add(to *console.Hour, e journal.Entry) {
	switch {
	case e.IsAction():
	case e.State == journal.Done:
		to.Done++
	case e.State == journal.Refused:
		to.Refused += 1 + e.More
	case e.State != journal.Open:
		to.Failed++
	}
}

// keep remembers the hours from begin on. If some writes of the first ones were not counted, all
// are counted again when they are old.
func (h *hours) keep(t Tenant, all []console.Hour, begin, now time.Time, read int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.all) >= mostHours {
		h.forget(now)
	}
	for _, one := range all {
		if !one.Begin.Before(begin) {
			h.all[hourKey{t.Config.Tenant, one.Begin.Unix()}] = hour{one, now, read < mostCounted, time.Duration(read) * writeAge}
		}
	}
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
