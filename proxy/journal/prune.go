package journal

import (
	"context"
)

// prunePage is how many entries are deleted at once.
const prunePage = 1000

// Prune deletes the entries that are too old, and the oldest of too many. It returns how many it
// deleted, and how many are left. An entry that is open is deleted too: it is older than all.
func (l *Log) Prune(ctx context.Context) (deleted, left int, err error) {
	var total int
	for after, more := "", true; more; {
		ids, err := l.Space.Scan(ctx, after, prunePage)
		if err != nil {
			return 0, 0, err
		}
		if total += len(ids); len(ids) > 0 {
			after = ids[len(ids)-1]
		}
		more = len(ids) == prunePage
	}
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
	}
}
