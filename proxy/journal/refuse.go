package journal

import (
	"context"
	"sync"
	"time"
)

// refusals counts what was refused, by tenant and minute.
type refusals struct {
	now  func() time.Time
	mu   sync.Mutex
	from time.Time
	seen map[string]int
	more map[string]int
}

// admit reports whether one more refusal of a tenant gets an entry, and how many before it got
// none.
func (r *refusals) admit(tenant string) (more int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.seen == nil || now.Sub(r.from) >= refusalWindow || now.Before(r.from) {
		r.from, r.seen = now, map[string]int{}
	}
	if r.more == nil {
		r.more = map[string]int{}
	}
	if r.seen[tenant] >= refusalsPerMinute {
		r.more[tenant]++
		return 0, false
	}
	r.seen[tenant]++
	more = r.more[tenant]
	delete(r.more, tenant)
	return more, true
}

// Refuse saves an entry of a request that was refused before anything was done, later. Above 60 in
// a minute they are only counted, and the next entry has their number.
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

// Refusals are bounded: a caller that is refused again and again must not fill the store.
const (
	refusalsPerMinute = 60
	refusalWindow     = time.Minute
)
