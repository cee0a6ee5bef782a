package kept

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/store"
)

const (
	completePage    = 64 // records in memory at once
	completeWriters = 16 // records that are saved at once
)

// Complete walks over all records of a space and adds the terms of kept values that are missing,
// because an earlier release saved the record. It returns how many records lacked terms. If there
// is no error, every record that existed during the whole walk has had its terms. found is called
// once, before the first record is saved; if it fails, nothing is saved.
//
// It saves such a record instead of rewriting it under its revision: a concurrent Rewrite, of
// Reseal, that has loaded the record without the terms must not put it back. A writer that has
// loaded the record gets a conflict, and tries again.
func Complete(ctx context.Context, s store.Space, found func() error) (lacking int, err error) {
	found = sync.OnceValue(found)
	var added atomic.Int64
	for after, more := "", true; more; more = after != "" {
		var page []store.Entry
		if page, after, err = s.Page(ctx, after, completePage); err != nil {
			return int(added.Load()), fmt.Errorf("kept: complete the index: %w", err)
		}
		g, saving := errgroup.WithContext(ctx)
		g.SetLimit(completeWriters)
		for _, e := range page {
			g.Go(func() error {
				lacked, err := complete(saving, s, e, found)
				if lacked {
					added.Add(1)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return int(added.Load()), err
		}
	}
	return int(added.Load()), nil
}

// complete adds the missing terms of one record. After a conflict it looks again, because the other
// writer may be of an earlier release.
func complete(ctx context.Context, s store.Space, e store.Entry, found func() error) (lacked bool, err error) {
	for e.ID != record.EarlierKey {
		rec, err := record.Read(e.Body)
		if err != nil {
			return lacked, fmt.Errorf("kept: record %q: %w: %w", e.ID, store.ErrUnreadable, err)
		}
		terms := rec.Indexing(e.Terms)
		if slices.Equal(terms, e.Terms) {
			return lacked, nil
		}
		lacked = true
		if err := found(); err != nil {
			return lacked, err
		}
		if _, err = s.Save(ctx, e.ID, store.Record{Rev: e.Rev, Body: e.Body, Terms: terms}); err == nil {
			return lacked, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return lacked, fmt.Errorf("kept: record %q: %w", e.ID, err)
		}
		now, err := s.Load(ctx, e.ID)
		if err != nil {
			return lacked, fmt.Errorf("kept: record %q: %w", e.ID, err)
		}
		e.Record = now[e.ID] // the zero record if it was deleted, which needs no terms
	}
	return lacked, nil
}
