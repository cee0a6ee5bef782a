package journal

import (
	"context"
	"sync"
	"time"
)

// Refusals are bounded: a caller that is refused again and again must neither fill the store, nor
// push the entries of changes out of the journal.
const (
	refusalsPerMinute = 60
	refusalsPerDay    = 1000
)

// refusals counts what was refused, by tenant, minute and day.
type refusals struct {
	now         func() time.Time
	mu          sync.Mutex
	minute, day window
	more        map[string]int
}

// window counts by tenant since a time.
type window struct {
	from time.Time
	seen map[string]int
}

// of returns how many there are of a tenant in the window.
func (w *window) of(tenant string, now time.Time, length time.Duration) int {
	if w.seen == nil || now.Sub(w.from) >= length || now.Before(w.from) {
		w.from, w.seen = now, map[string]int{}
	}
	return w.seen[tenant]
}

// admit reports whether one more refusal of a tenant gets an entry, and how many before it got
// none.
func (r *refusals) admit(tenant string) (more int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.more == nil {
		r.more = map[string]int{}
	}
	if r.minute.of(tenant, now, time.Minute) >= refusalsPerMinute || r.day.of(tenant, now, 24*time.Hour) >= refusalsPerDay {
		r.more[tenant]++
		return 0, false
	}
	r.minute.seen[tenant]++
	r.day.seen[tenant]++
	more = r.more[tenant]
	delete(r.more, tenant)
	return more, true
}

// Refuse saves an entry of a request that was refused before anything was done, later. Above 60 in
// a minute, and 1,000 in a day, they are only counted, and the next entry has their number.
func (l *Log) Refuse(e Entry) {
	if l == nil {
		return
	}
	more, ok := l.refusals.admit(e.Tenant)
	if !ok {
		return
	}
	if e.ID == "" {
		l.number(&e)
	}
	e.Ended, e.State, e.More = e.Begun, Refused, more
	l.Writer.put(func(ctx context.Context) error { return l.save(ctx, &e) })
}
