package listing

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// row is what a walk keeps of a resource: enough to sort it and to read it whole.
type row struct {
	id    string
	key   sortKey
	whole scim.Resource // zero if only a part was read
}

// rowsOf makes and sorts the rows of a query.
type rowsOf struct {
	d *Directory
	q directory.Query
}

// scan walks over the needed attributes of all resources, evaluates the filter here and reads only
// the returned page whole.
func (d *Directory) scan(ctx context.Context, q directory.Query) (directory.Page, error) {
	rows := rowsOf{d, q}
	var found []row
	err := d.walk(ctx, q, func(r scim.Resource, _ string) (bool, error) {
		if d.matches(q, r) {
			found = append(found, rows.row(r))
		}
		return true, nil
	})
	if err != nil {
		return directory.Page{}, err
	}
	rows.sort(found)
	p := directory.Page{Total: len(found), Start: q.Start}
	var ids []string
	for _, r := range cutPage(found, q) {
		ids = append(ids, r.id)
	}
	p.Resources, _, err = d.readAll(ctx, q.Type, q.Fields, ids, d.Limits.Bytes)
	return p, err
}

// walk calls visit for every resource that the pushed part of the filter matches, with the needed
// attributes and its position, until visit returns false.
func (d *Directory) walk(ctx context.Context, q directory.Query, visit func(r scim.Resource, position string) (bool, error)) error {
	step := directory.Query{Type: q.Type, Filter: d.pushed(q.Type, q.Filter), Start: 1, ResumeAfter: q.ResumeAfter, Count: d.Directory.Capabilities().MaxPage, Fields: needOf(q)}
	for seen := 0; ; {
		p, err := d.Directory.List(ctx, step)
		if err != nil {
			return err
		}
		if seen+p.Total > d.Limits.Scan && q.Cursor == nil {
			return scim.TooMany("the query would look at more than %d resources", d.Limits.Scan)
		}
		for i, r := range p.Resources {
			if seen++; seen > d.Limits.Scan {
				return scim.TooMany("the query would look at more than %d resources", d.Limits.Scan)
			}
			if more, err := visit(r, p.Resume[i]); err != nil || !more {
				return err
			}
		}
		if len(p.Resources) == 0 || len(p.Resources) >= p.Total {
			return nil
		}
		step.ResumeAfter = p.Resume[len(p.Resume)-1]
	}
}

// needOf returns the attributes in the filter and the order.
func needOf(q directory.Query) directory.Fields {
	n := directory.Fields{Only: []string{"id"}, Observed: q.Filter != nil}
	add := func(a scim.AttrPath) {
		if top := a.Top().Key(); !slices.Contains(n.Only, top) {
			n.Only = append(n.Only, top)
		}
		if q.Type == scim.Group && a.Top().Is(scim.AttrPath{Name: "members"}) {
			n.Members = true
		}
	}
	if q.Filter != nil {
		scim.Attributes(q.Filter, add)
	}
	if !q.Sort.By.IsZero() {
		add(q.Sort.By)
	}
	return n
}

// complete adds attributes that a whole resource has only if requested, if the filter or the order
// uses them: a user's groups, a group's members.
func (s rowsOf) complete(ctx context.Context, r scim.Resource) (scim.Resource, error) {
	n := needOf(s.q)
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
