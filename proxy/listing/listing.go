package listing

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
)

// Find looks ids up by the value of an attribute; known is false where the attribute is not indexed.
type Find func(ctx context.Context, t scim.ResourceType, attr scim.AttrPath, text string) (ids []string, known bool, err error)

// Directory is a List.
type Directory struct {
	scim.Directory
	find    Find
	schemas scim.Schemas
}

// New builds the room on a directory.
func New(below scim.Directory, f Find, s scim.Schemas) *Directory {
	return &Directory{below, f, s}
}

// List answers a query.
func (d *Directory) List(ctx context.Context, q scim.Query) (scim.Page, error) {
	if q.Sort != (scim.Sort{}) {
		return scim.Page{}, scim.NotImplemented("sorting is not supported")
	}
	if q.Filter == nil {
		return d.Directory.List(ctx, q)
	}
	f, err := d.resolve(q.Type, q.Filter)
	if err != nil {
		return scim.Page{}, err
	}
	q.Filter = f
	if d.pushable(q.Type, f, false) {
		return d.Directory.List(ctx, q)
	}
	if c, ok := f.(scim.Compare); ok && c.Op == scim.Eq && scim.IsText(c.Value) {
		return d.lookUp(ctx, q, c)
	}
	return scim.Page{}, scim.NotImplemented("this filter is not supported")
}

// pushable reports whether the directory below decides the whole filter rightly. Nothing that holds one foreign name is pushed down:
// natively a name that is not mapped poisons the expression around it.
func (d *Directory) pushable(t scim.ResourceType, f scim.Filter, negated bool) bool {
	all := func(terms []scim.Filter) bool {
		return !slices.ContainsFunc(terms, func(f scim.Filter) bool { return !d.pushable(t, f, negated) })
	}
	switch f := f.(type) {
	case scim.Compare:
		can := d.Able().Filters[t][f.Attr.Key()]
		if f.Value == "null" {
			return false
		}
		if negated || f.Op == scim.Ne {
			return can == scim.Fully
		}
		return can >= scim.Positively || can == scim.ByEqual && f.Op == scim.Eq
	case scim.Present:
		return d.Able().Filters[t][f.Attr.Key()] >= scim.Positively && !negated
	case scim.And:
		return all(f.Terms)
	case scim.Or:
		return all(f.Terms)
	case scim.Not:
		return d.pushable(t, f.Term, true)
	case scim.Within:
		return false
	}
	return false
}

// lookUp answers `attr eq "text"`: the union of what the index finds and, where Keycloak holds a part of the attribute, of what it finds.
// Each candidate is read and judged anew, so that a stale entry of the index shows nobody.
func (d *Directory) lookUp(ctx context.Context, q scim.Query, c scim.Compare) (scim.Page, error) {
	ids, known, err := d.find(ctx, q.Type, c.Attr, scim.Text(c.Value))
	if err != nil {
		return scim.Page{}, scim.Unavailable("the store", err)
	}
	if id := (scim.AttrPath{Name: "id"}); c.Attr.Is(id) {
		ids, known = []string{scim.Text(c.Value)}, true
	}
	if !known {
		return scim.Page{}, scim.NotImplemented("this filter is not supported")
	}
	if h := d.Able().Holding(q.Type, c.Attr); h == scim.Partly || h == scim.Once {
		native, err := d.Directory.List(ctx, scim.Query{Type: q.Type, Filter: c, Start: 1, Count: 2, Need: scim.Need{Only: []string{"id"}}})
		if err != nil {
			return scim.Page{}, err
		}
		for _, r := range native.Resources {
			ids = append(ids, r.ID())
		}
	}
	slices.Sort(ids)
	return d.judge(ctx, q, slices.Compact(ids))
}

func (d *Directory) judge(ctx context.Context, q scim.Query, ids []string) (scim.Page, error) {
	p := scim.Page{Start: q.Start}
	for _, id := range ids {
		r, err := d.Directory.Get(ctx, scim.Ref{Type: q.Type, ID: id}, scim.Need{Members: q.Need.Members})
		if err != nil {
			if scim.AsError(err).Status == 404 {
				continue
			}
			return p, err
		}
		if !d.schemas.Match(q.Filter, q.Type, r) {
			continue
		}
		if p.Total++; p.Total >= q.Start && len(p.Resources) < q.Count {
			p.Resources = append(p.Resources, r)
		}
	}
	return p, nil
}
