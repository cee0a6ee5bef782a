package journal

import (
	"context"

	"keycloak-scim-proxy/proxy/store"
)

// prunePage is how many entries are deleted at once.
const prunePage = 1000

// Prune deletes the entries that are too old, and the oldest of too many. It returns how many it
// deleted, and how many are left. An entry that is open, or that a receiver has not got, is deleted
// too: it is older than all.
func (l *Log) Prune(ctx context.Context) (deleted, left int, err error) {
	total, err := l.count(ctx)
	if err != nil {
		return 0, 0, err
	}
	waiting, err := l.undelivered(ctx)
	if err != nil {
		return 0, total, err
	}
	lost := 0
	defer func() {
		if lost > 0 && l.Undelivered != nil {
			l.Undelivered(l.Name(), lost)
		}
	}()
	oldest, surplus := idAt(l.Now().Add(-l.Keep)), max(total-l.Most, 0)
	for {
		ids, err := l.Space.Scan(ctx, "", prunePage)
		if err != nil {
			return deleted, total - deleted, err
		}
		n := 0
		for n < len(ids) && (ids[n] < oldest || deleted+n < surplus) {
			n++
		}
		if n == 0 {
			return deleted, total - deleted, nil
		}
		if err := l.Space.Delete(ctx, ids[:n]...); err != nil {
			return deleted, total - deleted, err
		}
		deleted += n
		for _, id := range ids[:n] {
			lost += waiting[id]
		}
	}
}

// count returns how many entries there are.
func (l *Log) count(ctx context.Context) (total int, err error) {
	for _, err := range store.IDs(ctx, l.Space, prunePage) {
		if err != nil {
			return 0, err
		}
		total++
	}
	return total, nil
}
