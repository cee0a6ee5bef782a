package overlay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// PendingLife is how old the pending record of a create may be before the sweep removes it. It means something to a retry only, and
// identity providers have retried or given up by then.
const PendingLife = 24 * time.Hour

const (
	sweepPage     = 64 // records in memory at a time
	sweepInFlight = 8  // questions to Keycloak at a time
)

// earlierKey is a record of no resource that earlier releases kept among the others.
const earlierKey = "key.cursors"

// Reason is what the sweep found about a record. Records of living resources are not told of.
type Reason string

// The reasons. Orphans and abandoned creates are removed, pending ones are kept.
const (
	Orphan    Reason = "the resource is gone in Keycloak"
	Abandoned Reason = "the create was begun more than a day ago and never finished"
	Pending   Reason = "the create was begun less than a day ago and has not finished: kept for its retry"
)

// Finding is a record without a living resource.
type Finding struct {
	ID string
	// Type is empty for an orphan that was saved before records said their type.
	Type   scim.ResourceType
	Reason Reason
}

// Kept says that the sweep does not remove the record.
func (f Finding) Kept() bool { return f.Reason == Pending }

// Swept counts the records that were seen, and those of them that were found for each reason.
type Swept struct{ Seen, Orphans, Abandoned, Pending int }

// SweepOptions say how to sweep. The zero value removes, and tells nobody.
type SweepOptions struct {
	// DryRun finds, and removes nothing.
	DryRun bool
	// Found is told of each finding, after it was removed if it was.
	Found func(Finding)
}

// Sweep removes the records whose resource is gone, and the pending records of creates that never came back. A record goes only after two
// proofs from below that the resource is gone (scim.IsGone), the second one since the record was seen to be unchanged, because whoever
// saves it in between has seen the resource. Any other error ends the sweep; the result says what was done until then, and the next
// sweep begins at the start.
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
			return fmt.Errorf("overlay: sweep behind %q: %w", after, err)
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

// page asks for all records of a page at the same time, and removes one by one.
func (s *sweeper) page(ctx context.Context, ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == earlierKey })
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

// judge finds out what a record is. A finding without a reason is a living resource.
func (s *sweeper) judge(ctx context.Context, id string, rec store.Record) (Finding, error) {
	rem, err := read(rec)
	if err != nil {
		return Finding{}, fmt.Errorf("overlay: sweep: record %s: %w", id, err)
	}
	f := Finding{ID: id, Type: rem.Type}
	if p := rem.Pending; p != nil {
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

// gone asks below for the resource, under both types where the record does not say which.
func (s *sweeper) gone(ctx context.Context, f Finding) (bool, error) {
	types := []scim.ResourceType{f.Type}
	if f.Type == "" {
		types = []scim.ResourceType{scim.User, scim.Group}
	}
	for _, t := range types {
		_, err := s.below.Get(ctx, scim.Ref{Type: t, ID: f.ID}, directory.Fields{Only: []string{"id"}})
		if err == nil {
			return false, nil
		}
		if !scim.IsGone(err) {
			return false, fmt.Errorf("overlay: sweep: record %s: %w", f.ID, err)
		}
	}
	return true, nil
}

// settle removes what was found, if it still is so, and counts it.
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

// still proves a finding for the second time, on the record as it is now.
func (s *sweeper) still(ctx context.Context, f Finding, rev uint64) (bool, error) {
	recs, err := s.records.Load(ctx, f.ID)
	if err != nil {
		return false, fmt.Errorf("overlay: sweep: record %s: %w", f.ID, err)
	}
	if rec, there := recs[f.ID]; !there || rec.Rev != rev {
		return false, nil
	}
	if f.Reason == Abandoned {
		return true, nil
	}
	return s.gone(ctx, f)
}
