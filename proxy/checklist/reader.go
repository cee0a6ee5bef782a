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
	// kept bounds the entries of a tenant that a Reader has. The oldest are forgotten.
	kept = 5000
	// settling is how far back a Read looks again, because entries get their ids before they are
	// saved.
	settling = 30 * time.Second
	// followed bounds the open entries that a Read looks at again, each by its id.
	followed = 50
)

// Reader has the entries of one tenant since a time, and reads the new ones. It is not safe for
// concurrent use.
type Reader struct {
	Log    *journal.Log
	Tenant string
	Since  time.Time

	entries map[string]journal.Entry
	after   string    // the entry up to which all is read
	read    time.Time // how far the reading has come
}

// Read reads what is new, and returns the entries in the order of their time. more is true if there
// is more to read, because the journal is long.
func (r *Reader) Read(ctx context.Context) (all []journal.Entry, more bool, err error) {
	if r.entries == nil {
		r.entries, r.read = map[string]journal.Entry{}, r.Since
	}
	if more, err = r.pages(ctx); err == nil {
		err = r.follow(ctx)
	}
	if err != nil {
		return nil, false, err
	}
	ids := slices.Sorted(maps.Keys(r.entries))
	if n := len(ids) - kept; n > 0 {
		for _, id := range ids[:n] {
			delete(r.entries, id)
		}
		ids = ids[n:]
	}
	all = make([]journal.Entry, len(ids))
	for i, id := range ids {
		all[i] = r.entries[id]
	}
	return all, more, nil
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
				r.entries[e.ID] = shortened(e)
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

// follow reads the newest of the entries again that were open.
func (r *Reader) follow(ctx context.Context) error {
	var open []string
	for id, e := range r.entries {
		if e.State == journal.Open {
			open = append(open, id)
		}
	}
	slices.Sort(open)
	for _, id := range open[max(len(open)-followed, 0):] {
		e, there, err := r.Log.Entry(ctx, id)
		switch {
		case err != nil:
			return err
		case !there:
			delete(r.entries, id)
		default:
			r.entries[id] = shortened(e)
		}
	}
	return nil
}

// longest bounds a resource that a Reader keeps, in bytes.
const longest = 64 << 10

// shortened leaves out what no line needs.
func shortened(e journal.Entry) journal.Entry {
	e.Before, e.Sent, e.Names, e.Asked, e.Removed = "", "", nil, nil, nil
	if len(e.After) > longest {
		e.After, e.Whole = "", journal.KindCreate
	}
	if len(e.Added) > 1 {
		e.Added = e.Added[:1:1]
	}
	return e
}
