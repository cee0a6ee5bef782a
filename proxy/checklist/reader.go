package checklist

import (
	"context"
	"maps"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/journal"
)

const (
	// readPage is how many entries of a journal are read at once, and pagesAtOnce how many pages one
	// Read reads: the journal is that of all tenants of a realm or group.
	readPage    = 500
	pagesAtOnce = 40
	// settling is how far back a Read looks again, because entries get their ids before they are
	// saved.
	settling = 30 * time.Second
	// followed bounds the open entries that a Read looks at again, each by its id, and mostOpen those
	// that are remembered.
	followed = 50
	mostOpen = 1000
)

// Reader reads the entries of one tenant since a time, and then the new ones. It keeps what they
// have shown, and the ids of those that are open. It is not safe for concurrent use.
type Reader struct {
	Log         *journal.Log
	Tenant, IDP string
	Since       time.Time

	seen  *Seen
	open  map[string]struct{}
	after string    // the entry up to which all is read
	read  time.Time // how far the reading has come
}

// Read reads what is new, and returns what all entries have shown. If other attributes are required
// than before, it begins anew. more is true if there is more to read, because the journal is long.
func (r *Reader) Read(ctx context.Context, required []Required) (seen *Seen, more bool, err error) {
	if r.seen == nil || !r.seen.about(required) {
		r.seen, r.open, r.read, r.after = NewSeen(r.IDP, required), map[string]struct{}{}, r.Since, ""
	}
	if more, err = r.pages(ctx); err == nil {
		err = r.follow(ctx)
	}
	return r.seen, more, err
}

// pages reads some pages of the journal.
func (r *Reader) pages(ctx context.Context) (more bool, err error) {
	now := r.Log.Now()
	q := journal.Query{Since: r.read, After: r.after, Most: readPage}
	for range pagesAtOnce {
		found, err := r.Log.Find(ctx, q)
		if err != nil {
			return false, err
		}
		for _, e := range found {
			if e.Tenant == r.Tenant && e.Operator == "" && !e.IsAction() {
				r.add(e)
			}
			q.After = e.ID
		}
		if len(found) < readPage {
			r.after = ""
			if back := now.Add(-settling); back.After(r.Since) {
				r.read = back
			}
			return false, nil
		}
	}
	r.after = q.After
	return true, nil
}

func (r *Reader) add(e journal.Entry) {
	r.seen.Add(e)
	if e.State != journal.Open {
		delete(r.open, e.ID)
		return
	}
	r.open[e.ID] = struct{}{}
	if len(r.open) > mostOpen {
		delete(r.open, slices.Min(slices.Collect(maps.Keys(r.open))))
	}
}

// follow reads the newest of the entries again that were open.
func (r *Reader) follow(ctx context.Context) error {
	open := slices.Sorted(maps.Keys(r.open))
	for _, id := range open[max(len(open)-followed, 0):] {
		e, there, err := r.Log.Entry(ctx, id)
		switch {
		case err != nil:
			return err
		case !there:
			delete(r.open, id)
		case e.State != journal.Open:
			r.add(e)
		}
	}
	return nil
}
