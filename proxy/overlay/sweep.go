package overlay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// PendingLife is the age at which the sweep removes the pending record of a create. Only a retry
// uses the record, and identity providers have retried or given up by then.
const PendingLife = 24 * time.Hour

const (
	sweepPage     = 64 // records in memory at once
	sweepInFlight = 8  // concurrent requests to Keycloak
)

// Reason says why the sweep reports a record. Records of existing resources are not reported.
type Reason string

// The reasons. Orphans and abandoned creates are removed; pending creates are kept.
const (
	Orphan    Reason = "the resource is gone in Keycloak"
	Abandoned Reason = "the create was begun more than a day ago and never finished"
	Pending   Reason = "the create was begun less than a day ago and has not finished: kept for its retry"
)

// Finding is a record without an existing resource.
type Finding struct {
	ID string
	// Type is empty for an orphan in a record of early releases, which has no type.
	Type   scim.ResourceType
	Reason Reason
}

// Kept reports whether the sweep keeps the record.
func (f Finding) Kept() bool { return f.Reason == Pending }

// Swept counts all records and, by reason, those that were reported.
type Swept struct{ Seen, Orphans, Abandoned, Pending int }

// SweepOptions configure a sweep. With the zero value it removes records and reports none.
type SweepOptions struct {
	// DryRun reports records and removes none.
	DryRun bool
	// Found is called for each finding, after the record was removed or kept.
	Found func(Finding)
}

// Sweep removes the records of resources that are gone, and pending records of creates that were
// not retried within PendingLife. An orphan is removed only after below has proven twice that the
// resource is gone (scim.IsGone), and only if the record is unchanged before the second proof,
// because a writer that saves a record has seen its resource. Any other error ends the sweep; the
// result says what was done until then. The next sweep starts from the beginning.
func Sweep(ctx context.Context, records, pending store.Space, below directory.Directory, now time.Time, o SweepOptions) (Swept, error) {
	s := &sweeper{below: below, now: now, SweepOptions: o}
	for _, s.records = range []store.Space{records, pending} {
		if err := s.space(ctx); err != nil {
			return s.done, err
		}
	}
	return s.done, nil
}

func (s *sweeper) space(ctx context.Context) error {
	for after := ""; ; {
		ids, err := s.records.Scan(ctx, after, sweepPage)
		if err != nil {
			return fmt.Errorf("overlay: sweep after %q: %w", after, err)
		}
		more := len(ids) == sweepPage
		if more {
			after = ids[len(ids)-1]
		}
		if err := s.page(ctx, ids); err != nil || !more {
			return err
		}
	}
}

type sweeper struct {
	SweepOptions
	records store.Space
	below   directory.Directory
	now     time.Time
	done    Swept
}

// page checks all records of a page concurrently and removes them one by one.
func (s *sweeper) page(ctx context.Context, ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == record.EarlierKey })
	recs, err := s.records.Load(ctx, ids...)
	if err != nil {
		return fmt.Errorf("overlay: sweep: %w", err)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { _, there := recs[id]; return !there })
	found := make([]Finding, len(ids))
	g, asking := errgroup.WithContext(ctx)
	g.SetLimit(sweepInFlight)
	for i, id := range ids {
		g.Go(func() (err error) {
			found[i], err = s.judge(asking, id, recs[id])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, f := range found {
		if err := s.settle(ctx, f, recs[f.ID].Rev); err != nil {
			return err
		}
	}
	return nil
}

// judge returns the finding for a record. It has no reason if the resource exists.
func (s *sweeper) judge(ctx context.Context, id string, stored store.Record) (Finding, error) {
	rec, err := read(stored)
	if err != nil {
		return Finding{}, fmt.Errorf("overlay: sweep: record %s: %w", id, err)
	}
	f := Finding{ID: id, Type: rec.Type}
	if p := rec.Pending; p != nil {
		f.Type, f.Reason = p.Type, Pending
		if s.now.Sub(p.Begun) >= PendingLife {
			f.Reason = Abandoned
		}
		return f, nil
	}
	gone, err := s.gone(ctx, f)
	if gone {
		f.Reason = Orphan
	}
	return f, err
}

// gone reports whether the resource is gone below. If the record has no type, it checks both types.
func (s *sweeper) gone(ctx context.Context, f Finding) (bool, error) {
	types := []scim.ResourceType{f.Type}
	if f.Type == "" {
		types = []scim.ResourceType{scim.User, scim.Group}
	}
	for _, t := range types {
		_, err := s.below.Get(ctx, scim.Ref{Type: t, ID: f.ID}, directory.Fields{Only: []string{"id"}})
		switch {
		case err == nil:
			return false, nil
		case scim.IsGone(err):
		case scim.Status(err) == 404: // hidden: it may come back
			return false, nil
		default:
			return false, fmt.Errorf("overlay: sweep: record %s: %w", f.ID, err)
		}
	}
	return true, nil
}

// settle checks a finding again, removes the record and counts it.
func (s *sweeper) settle(ctx context.Context, f Finding, rev uint64) error {
	s.done.Seen++
	if f.Reason == "" {
		return nil
	}
	if !f.Kept() {
		still, err := s.still(ctx, f, rev)
		if err != nil || !still {
			return err
		}
		if !s.DryRun {
			if err := s.records.Delete(ctx, f.ID); err != nil {
				return fmt.Errorf("overlay: sweep: remove %s: %w", f.ID, err)
			}
		}
	}
	switch f.Reason {
	case Orphan:
		s.done.Orphans++
	case Abandoned:
		s.done.Abandoned++
	case Pending:
		s.done.Pending++
	}
	if s.Found != nil {
		s.Found(f)
	}
	return nil
}

// still checks a finding for the second time, on the current record.
func (s *sweeper) still(ctx context.Context, f Finding, rev uint64) (bool, error) {
	recs, err := s.records.Load(ctx, f.ID)
	if err != nil {
		return false, fmt.Errorf("overlay: sweep: record %s: %w", f.ID, err)
	}
	if stored, there := recs[f.ID]; !there || stored.Rev != rev {
		return false, nil
	}
	if f.Reason == Abandoned {
		return true, nil
	}
	return s.gone(ctx, f)
}
