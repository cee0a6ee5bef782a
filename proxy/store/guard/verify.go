package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keycloak-scim-proxy/proxy/store"
)

// verifyPage is how many records are read at once.
const verifyPage = 32

// SpaceCounts are what Verify counted in a space.
type SpaceCounts struct {
	Records int
	// Bytes is the size of the bodies as the engine keeps them.
	Bytes int64
	// Plain are records that are not sealed.
	Plain int
	// Damaged are records that cannot be read, or are in the list of ids and not there.
	Damaged int
}

// VerifyOptions say who learns what Verify finds.
type VerifyOptions struct {
	// Space is called after each space.
	Space func(name string, n SpaceCounts)
	// Damaged is called for each damaged record.
	Damaged func(space, id string, err error)
}

// Verify reads every record, opens it with the keys, and returns the sums. It fails if the store
// cannot be read to the end; a damaged record is not an error.
func (g *Engine) Verify(ctx context.Context, o VerifyOptions) (all SpaceCounts, err error) {
	names, err := g.Spaces(ctx)
	if err != nil {
		return all, err
	}
	for _, name := range names {
		n, err := g.verifySpace(ctx, name, o)
		if err != nil {
			return all, fmt.Errorf("space %s: %w", name, err)
		}
		o.Space(name, n)
		all.Records += n.Records
		all.Bytes += n.Bytes
		all.Plain += n.Plain
		all.Damaged += n.Damaged
	}
	return all, nil
}

func (g *Engine) verifySpace(ctx context.Context, name string, o VerifyOptions) (n SpaceCounts, err error) {
	s := g.Engine.Open(name)
	for after, more := "", true; more; {
		if err := g.Check(ctx); err != nil {
			return n, err
		}
		ids, err := s.Scan(ctx, after, verifyPage)
		if err != nil {
			return n, err
		}
		if more = len(ids) == verifyPage; more {
			after = ids[len(ids)-1]
		}
		records, err := s.Load(ctx, ids...)
		if err != nil && !errors.Is(err, store.ErrUnreadable) {
			return n, err
		}
		for _, id := range ids {
			err := g.verifyRecord(ctx, s, id, records, &n)
			if errors.Is(err, store.ErrUnreadable) {
				n.Damaged++
				o.Damaged(name, id, err)
			} else if err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// verifyRecord counts one of the records, which it loads itself if records is nil or lacks it.
// ErrUnreadable means that it is damaged.
func (g *Engine) verifyRecord(ctx context.Context, s store.Space, id string, records map[string]store.Record, n *SpaceCounts) error {
	r, there := records[id]
	if !there {
		again, err := s.Load(ctx, id)
		if err != nil {
			return err
		}
		if r, there = again[id]; !there {
			return listed(ctx, s, id)
		}
	}
	n.Records++
	n.Bytes += int64(len(r.Body))
	sealed := store.IsSealed(r)
	switch {
	case !sealed:
		n.Plain++
		if !g.options.RequireSealed {
			return nil
		}
	case g.options.Keys == nil:
		return fmt.Errorf("%w: record %q is sealed, and no key is configured", store.ErrUnreadable, id)
	}
	_, err := store.SealSpace(s, s.Name(), g.options.Keys, g.options.RequireSealed).OpenRecord(id, r)
	return err
}

// listed reports ErrUnreadable if an id whose record is not there is still in the list of ids.
// Otherwise the record was deleted meanwhile.
func listed(ctx context.Context, s store.Space, id string) error {
	before := id[:len(id)-1] // sorts before id, and only ids that begin with it are between
	for {
		ids, err := s.Scan(ctx, before, verifyPage)
		if err != nil {
			return err
		}
		if slices.Contains(ids, id) {
			return fmt.Errorf("%w: record %q is in the list of ids and not there: it was evicted or deleted by another program", store.ErrUnreadable, id)
		}
		if len(ids) < verifyPage || ids[len(ids)-1] > id {
			return nil
		}
		before = ids[len(ids)-1]
	}
}
