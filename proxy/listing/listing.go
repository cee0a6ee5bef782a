package listing

import (
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Find returns the ids of the resources with a value of an attribute. known is false if the
// attribute is not indexed. Its errors are returned to the caller unchanged.
type Find func(ctx context.Context, t scim.ResourceType, attr scim.AttrPath, text string) (ids []string, known bool, err error)

// Limits are the limits of one request.
type Limits struct {
	// Scan is how many resources a walk may look at.
	Scan int
	// Page is the largest page.
	Page int
	// Bytes is how many bytes the resources of a page may have in total. The first one is always
	// included.
	Bytes int
	// InFlight is how many reads may run at the same time.
	InFlight int
}

// Options configure the layer.
type Options struct {
	Find    Find
	Schemas scim.Schemas
	Limits  Limits
	Cursors Cursors
	// AskOnMiss checks with the directory below that the caller may list at all, before an empty
	// list is returned from the index. It is set if callers use their own credentials.
	AskOnMiss bool
}

// Directory is the layer.
type Directory struct {
	directory.Directory
	Options
}

// New returns the layer on top of below.
func New(below directory.Directory, o Options) *Directory { return &Directory{below, o} }

// Capabilities adds sorting, cursors and all filters.
func (d *Directory) Capabilities() directory.Capabilities {
	a := d.Directory.Capabilities()
	a.FilterLimits = directory.FilterLimits{} // other filters are evaluated here
	a.Sort, a.Cursor, a.MaxPage, a.CursorLife = true, true, d.Limits.Page, int(d.Cursors.Life.Seconds())
	return a
}

// List returns a page.
func (d *Directory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	each, err := d.eachType(q)
	if err != nil {
		return directory.Page{}, err
	}
	var p directory.Page
	switch {
	case q.Type == "" && !q.Sort.By.IsZero(), q.Cursor != nil && d.ownOrder(each[0]) != ascending:
		p, err = d.scan(ctx, q, each)
	case q.Type == "" && q.Cursor != nil:
		p, err = d.typeByType(ctx, q, each)
	case q.Type == "":
		p, err = d.inTurn(ctx, q, each)
	case q.Cursor != nil:
		p, err = d.byCursor(ctx, each[0])
	default:
		p, err = d.list(ctx, each[0])
	}
	if err != nil {
		return directory.Page{}, err
	}
	return cut(p, d.fitting(p.Resources)), nil
}

// cut returns the first resources of a page.
func cut(p directory.Page, n int) directory.Page {
	p.Resources = p.Resources[:n]
	if p.Types != nil {
		p.Types = p.Types[:n]
	}
	return p
}

// list returns a page by index.
func (d *Directory) list(ctx context.Context, q directory.Query) (directory.Page, error) {
	if ids, ok, err := d.candidates(ctx, q.Type, q.Filter); err != nil || ok {
		if err != nil {
			return directory.Page{}, err
		}
		return d.found(ctx, q, ids)
	}
	if p, hit, err := d.hit(ctx, q); err != nil || hit {
		return p, err
	}
	own := d.ownOrder(q)
	switch pushable := q.Filter == nil || d.pushable(q.Type, q.Filter); {
	case pushable && own == ascending:
		return d.stitch(ctx, q)
	case pushable && own == descending:
		return d.backwards(ctx, q)
	}
	return d.scan(ctx, q, []directory.Query{q})
}

type direction uint8

const (
	otherOrder direction = iota
	ascending
	descending
)

// ownOrder reports whether the wanted order is that of the directory below, or its reverse.
func (d *Directory) ownOrder(q directory.Query) direction {
	switch own := d.Directory.Capabilities().Order[q.Type]; {
	case q.Sort == (directory.Sort{}):
		return ascending
	case own.IsZero() || !q.Sort.By.Is(own):
		return otherOrder
	case q.Sort.Descending:
		return descending
	}
	return ascending
}

// stitch puts pages of the directory below together in order. It reads several at a time.
func (d *Directory) stitch(ctx context.Context, q directory.Query) (directory.Page, error) {
	size := d.Directory.Capabilities().MaxPage
	first := q
	first.Count = min(q.Count, size)
	first.Sort = directory.Sort{}
	page, err := d.read(ctx, first)
	if err != nil || q.Count <= size || page.Total < q.Start+size {
		return withoutResume(page), err
	}
	more := min(q.Count, page.Total-q.Start+1) - size
	parts := make([]directory.Page, (more+size-1)/size)
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(d.Limits.InFlight)
	if sizeOf(page.Resources) > d.Limits.Bytes/d.Limits.InFlight {
		g.SetLimit(1) // large resources: read at most the budget ahead
	}
	var read atomic.Int64
	read.Store(int64(sizeOf(page.Resources)))
	for i := range parts {
		if read.Load() > int64(d.Limits.Bytes) {
			break // the page ends before this one
		}
		next := first
		next.Start, next.Count = q.Start+(i+1)*size, min(size, more-i*size)
		g.Go(func() (err error) {
			parts[i], err = d.read(reading, next)
			read.Add(int64(sizeOf(parts[i].Resources)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return directory.Page{}, err
	}
	seen := map[string]bool{}
	for _, r := range page.Resources {
		seen[r.ID()] = true
	}
	for _, p := range parts {
		if p.Start == 0 {
			break // not read
		}
		for _, r := range p.Resources {
			if !seen[r.ID()] { // a resource created meanwhile moves others to the next page
				seen[r.ID()] = true
				page.Resources = append(page.Resources, r)
			}
		}
	}
	return withoutResume(page), nil
}

// withoutResume removes the positions, which are not cursors.
func withoutResume(p directory.Page) directory.Page {
	p.Resume = nil
	return p
}

// backwards reads the directory's own order from its end.
func (d *Directory) backwards(ctx context.Context, q directory.Query) (directory.Page, error) {
	q.Sort = directory.Sort{}
	count := q
	count.Count, count.Start = 0, 1
	all, err := d.Directory.List(ctx, count)
	if err != nil {
		return directory.Page{}, err
	}
	last := all.Total - q.Start + 1
	start := q.Start
	q.Count = min(q.Count, max(last, 0))
	if q.Count == 0 {
		return directory.Page{Total: all.Total, Start: start}, nil
	}
	for {
		q.Start = last - q.Count + 1
		p, err := d.stitch(ctx, q)
		if err != nil {
			return directory.Page{}, err
		}
		if sizeOf(p.Resources) <= d.Limits.Bytes || q.Count == 1 {
			slices.Reverse(p.Resources)
			p.Start = start
			return p, nil
		}
		q.Count /= 2 // the page must end with the last resource, so read fewer
	}
}

// readAll reads whole resources in order, several at a time, until they have about the given bytes
// in total. It leaves out resources that are gone or that the caller may not see; hidden counts the
// latter.
func (d *Directory) readAll(ctx context.Context, n directory.Fields, refs []scim.Ref, bytes int) (all []scim.Resource, hidden int, err error) {
	out := make([]scim.Resource, len(refs))
	var unseen, read atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(d.Limits.InFlight)
	for i, ref := range refs {
		if read.Load() > int64(bytes) {
			break // the page ends before this one
		}
		g.Go(func() error {
			r, err := d.Get(ctx, ref, fieldsOf(ref.Type, n))
			if err == nil {
				out[i] = r
				read.Add(int64(r.Size()))
				return take(ctx, r)
			}
			switch scim.Status(err) {
			case 404:
				return nil
			case 403:
				unseen.Add(1)
				return nil
			}
			return err
		})
	}
	err = g.Wait()
	return slices.DeleteFunc(out, scim.Resource.IsZero), int(unseen.Load()), err
}

// refsOf returns the resources of one type.
func refsOf(t scim.ResourceType, ids []string) []scim.Ref {
	refs := make([]scim.Ref, len(ids))
	for i, id := range ids {
		refs[i] = scim.Ref{Type: t, ID: id}
	}
	return refs
}
