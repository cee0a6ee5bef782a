package kept

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
// is no error, every record that existed during the whole walk has had its terms.
//
// It saves such a record instead of rewriting it under its revision: a concurrent Rewrite, of
// Reseal, that has loaded the record without the terms must not put it back. A writer that has
// loaded the record gets a conflict, and tries again.
func Complete(ctx context.Context, s store.Space) (lacking int, err error) {
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
				lacked, err := complete(saving, s, e)
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
func complete(ctx context.Context, s store.Space, e store.Entry) (lacked bool, err error) {
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
		if _, err = s.Save(ctx, e.ID, store.Record{Rev: e.Rev, Body: e.Body, Terms: terms}); err == nil {
			return lacked, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return lacked, fmt.Errorf("kept: record %q: %w", e.ID, err)
		}
		found, err := s.Load(ctx, e.ID)
		if err != nil {
			return lacked, fmt.Errorf("kept: record %q: %w", e.ID, err)
		}
		var there bool
		if e.Record, there = found[e.ID]; !there {
			return lacked, nil // deleted meanwhile
		}
	}
	return lacked, nil
}
