package listing

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/filters"
	"keycloak-scim-proxy/proxy/listing/position"
	"keycloak-scim-proxy/proxy/listing/walk"
	"keycloak-scim-proxy/proxy/scim"
)

// row is what a walk keeps of a resource: enough to sort it and to read it whole.
type row struct {
	wanted
	key   position.Key
	whole scim.Resource // zero if only a part was read
}

// rowsOf makes and sorts the rows of a query.
type rowsOf struct {
	d *Directory
	q directory.Query
}

// scan walks over the needed attributes of all resources, evaluates the filter here and reads only
// the returned page whole. each has the query for each type; a type without the attribute of the
// order has no value to sort by.
func (d *Directory) scan(ctx context.Context, q directory.Query, each []directory.Query) (directory.Page, error) {
	at, err := d.Cursors.OpenRow(ctx, q)
	if err != nil {
		return directory.Page{}, err
	}
	from, count := min(max(q.Start-1, 0), len(each)*d.Limits.Scan), q.Count // no more are looked at
	if q.Cursor != nil {
		from, count = 0, q.Count+1 // one more tells whether there is a next page
	}
	best := first{most: from + count, compare: rowsOf{d, q}.order(), after: at}
	if best.compare == nil && len(d.below().Kept(each[0].Type, each[0].Filter)) > 0 {
		best.compare = byID
	}
	for _, one := range each {
		rows := rowsOf{d, one}
		one.Cursor = nil // the whole is looked at, so the limit of a walk holds from the start
		err = d.each(ctx, one, func(r scim.Resource, _ string) (bool, error) {
			if filters.Match(d.Schemas, one, r) {
				best.add(rows.row(r, q))
			}
			return true, nil
		})
		if err != nil {
			return directory.Page{}, err
		}
	}
	found := best.rows()
	p := directory.Page{Total: best.total, Start: q.Start}
	if q.Cursor != nil {
		p.Start, q.Start = 0, 1
	}
	page := cutPage(found, q)
	return d.whole(ctx, q, p, page, len(page) < len(found))
}

// whole reads the resources of a page. more reports whether there are rows after it.
func (d *Directory) whole(ctx context.Context, q directory.Query, p directory.Page, page []row, more bool) (directory.Page, error) {
	refs, at := make([]wanted, len(page)), map[string]int{}
	for i, r := range page {
		refs[i], at[r.ID] = r.wanted, i
	}
	var err error
	if p.Resources, _, err = d.readAll(ctx, q.Fields, refs, d.Limits.Bytes); err != nil {
		return directory.Page{}, err
	}
	last := len(page) - 1
	if n := d.fitting(p.Resources); n > 0 { // continue after the last returned one: those after it are gone, or did not fit
		p = p.First(n)
		last = at[p.Resources[n-1].ID()]
	}
	if q.Type == "" {
		for _, r := range p.Resources {
			p.Types = append(p.Types, page[at[r.ID()]].Type)
		}
	}
	if q.Cursor != nil && last >= 0 && (more || last < len(page)-1) {
		p.Next, err = d.Cursors.Seal(ctx, q, position.Row{Key: page[last].key, ID: page[last].ID}.String())
	}
	return p, err
}

// walk calls visit for every resource that the pushed part of the filter matches, with the needed
// attributes and its position, until visit returns false.
func (d *Directory) walk(ctx context.Context, q directory.Query, visit func(r scim.Resource, position string) (bool, error)) error {
	all := directory.Query{Type: q.Type, Filter: d.below().Pushed(q.Type, q.Filter), Start: 1, ResumeAfter: q.ResumeAfter, Fields: filters.Fields(q)}
	seen := 0
	_, err := d.walker(d.Directory.List).Each(ctx, all, func(r walk.Row) (bool, error) {
		if seen++; seen > d.Limits.Scan || q.Cursor == nil && seen+r.Rest > d.Limits.Scan {
			return false, scim.TooMany("the query would look at more than %d resources", d.Limits.Scan)
		}
		return visit(r.Resource, r.Resume)
	})
	return err
}

// complete adds attributes that a whole resource has only if requested, if the filter or the order
// uses them: a user's groups, a group's members.
func (s rowsOf) complete(ctx context.Context, r scim.Resource) (scim.Resource, error) {
	n := filters.Fields(s.q)
	extra := scim.AttrPath{Name: "groups"}
	if s.q.Type == scim.Group {
		extra = scim.AttrPath{Name: "members"}
	}
	if !slices.Contains(n.Only, extra.Key()) || r.Get(extra) != "" {
		return r, nil
	}
	narrow, err := s.d.Get(ctx, scim.Ref{Type: s.q.Type, ID: r.ID()}, directory.Fields{Only: []string{extra.Key()}, Members: n.Members})
	return r.With(extra.Name, narrow.Get(extra)), err
}
