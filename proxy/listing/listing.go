package listing

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/filters"
	"keycloak-scim-proxy/proxy/listing/walk"
	"keycloak-scim-proxy/proxy/scim"
)

// Find returns the resources that may have a value of an attribute; raw is the literal of a filter.
// Its errors are returned to the caller unchanged.
type Find func(ctx context.Context, t scim.ResourceType, attr scim.AttrPath, raw string) (Found, error)

// Found is what the index knows.
type Found struct {
	// IDs are those of the resources, in any order.
	IDs []string
	// Known is false if the attribute is not indexed.
	Known bool
	// All says that the directory below has no other resource with the value either, as far as the
	// index knows. If one of the resources has lost the value, the index may not know all.
	All bool
}

// Scan calls visit for each resource of a type that may have a value of one of the attributes and
// whose id is behind another one ("" is the start), in the order of their ids: with its identifying
// name, which may be out of date or "", and these values. known is false if the attributes are not
// only in the store. Its errors are returned to the caller unchanged.
type Scan func(ctx context.Context, t scim.ResourceType, attrs []scim.AttrPath, after string, visit func(id, name string, values scim.Resource) (more bool, err error)) (known bool, err error)

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
	Find Find
	// KnowsAll says that Find may know all resources with a value that the directory below has.
	KnowsAll bool
	Scan     Scan
	Schemas  scim.Schemas
	Limits   Limits
	Cursors  Cursors
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
	case q.Cursor != nil && len(d.below().Kept(each[0].Type, each[0].Filter)) > 0:
		p, err = d.keptByCursor(ctx, each[0])
	case q.Cursor != nil:
		p, err = d.byCursor(ctx, each[0])
	default:
		p, err = d.list(ctx, each[0])
	}
	if err != nil {
		return directory.Page{}, err
	}
	return p.First(d.fitting(p.Resources)), nil
}

// list returns a page by index.
func (d *Directory) list(ctx context.Context, q directory.Query) (directory.Page, error) {
	if p, done, err := d.lookUp(ctx, q); err != nil || done {
		return p, err
	}
	own := d.ownOrder(q)
	switch pushable := q.Filter == nil || d.below().Pushable(q.Type, q.Filter); {
	case pushable && own == ascending:
		return d.inOrder(ctx, q)
	case pushable && own == descending:
		return d.backwards(ctx, q)
	}
	if p, done, err := d.byKept(ctx, q); err != nil || done {
		return p, err
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

// inOrder returns a page in the directory's own order. It reads several pages of the directory
// below at a time.
func (d *Directory) inOrder(ctx context.Context, q directory.Query) (directory.Page, error) {
	q.Sort = directory.Sort{}
	if q.Count == 0 {
		p, err := d.Directory.List(ctx, q)
		return directory.Page{Total: p.Total, Start: q.Start}, err
	}
	var all []scim.Resource
	size := 0
	total, err := d.walker(d.read).Each(ctx, q, func(r walk.Row) (more bool, err error) {
		all = append(all, r.Resource)
		size += r.Resource.Size()
		return size <= d.Limits.Bytes, nil // the page ends before what does not fit
	})
	return directory.Page{Total: total, Start: q.Start, Resources: all}, err
}

// below says which filters the directory below evaluates.
func (d *Directory) below() filters.Below { return filters.Below(d.Directory.Capabilities()) }

// walker reads pages of the directory below by a function.
func (d *Directory) walker(list func(context.Context, directory.Query) (directory.Page, error)) walk.Walker {
	return walk.Walker{List: list, Page: d.Directory.Capabilities().MaxPage, InFlight: d.Limits.InFlight, Bytes: d.Limits.Bytes}
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
		p, err := d.inOrder(ctx, q)
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
