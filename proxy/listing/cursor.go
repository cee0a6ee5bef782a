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

// Cursors makes and checks cursors.
type Cursors = position.Cursors

// byCursor returns a page of a walk in the directory's own order. If the filter is evaluated here,
// a page may be short, and Total is not known.
func (d *Directory) byCursor(ctx context.Context, q directory.Query) (directory.Page, error) {
	var err error
	if q.ResumeAfter, err = d.Cursors.Open(ctx, q); err != nil {
		return directory.Page{}, err
	}
	p, last, more, err := d.following(ctx, q)
	if err == nil && more {
		p.Next, err = d.Cursors.Seal(ctx, q, last)
	}
	return p, err
}

// following returns the page after q.ResumeAfter, and where to continue if there are more.
func (d *Directory) following(ctx context.Context, q directory.Query) (p directory.Page, last string, more bool, err error) {
	pushable := q.Filter == nil || d.below().Pushable(q.Type, q.Filter)
	p.Uncounted = !pushable
	if pushable {
		count, err := d.Directory.List(ctx, directory.Query{Type: q.Type, Filter: q.Filter, Start: 1})
		if err != nil {
			return p, "", false, err
		}
		p.Total, p.Start = count.Total, 0
	}
	switch {
	case q.Count == 0:
	case pushable:
		p.Resources, last, more, err = d.follow(ctx, q)
	default:
		p.Resources, last, more, err = d.collect(ctx, q)
	}
	return p, last, more, err
}

// follow reads whole resources that the directory below selects.
func (d *Directory) follow(ctx context.Context, q directory.Query) (all []scim.Resource, last string, more bool, err error) {
	step := directory.Query{Type: q.Type, Filter: q.Filter, Start: 1, ResumeAfter: q.ResumeAfter, Resumed: true, Fields: q.Fields, Count: q.Count}
	size := 0
	_, err = d.walker(d.read).Each(ctx, step, func(r walk.Row) (bool, error) {
		if size += r.Resource.Size(); size > d.Limits.Bytes && len(all) > 0 {
			more = true
			return false, nil
		}
		all, last, more = append(all, r.Resource), r.Resume, r.Rest > 0
		return true, nil
	})
	if err != nil {
		return nil, "", false, err
	}
	return all, last, more, nil
}

// collect walks until the page is full and one more match is found, and reads the page.
func (d *Directory) collect(ctx context.Context, q directory.Query) (all []scim.Resource, last string, more bool, err error) {
	var refs []wanted
	var positions []string
	err = d.walk(ctx, q, func(r scim.Resource, position string) (bool, error) {
		if !filters.Match(d.Schemas, q, r) {
			return true, nil
		}
		if len(refs) == q.Count {
			more = true
			return false, nil
		}
		refs, positions = append(refs, wantedOf(q.Type, r)), append(positions, position)
		return true, nil
	})
	if err != nil || len(refs) == 0 {
		return nil, "", false, err
	}
	if all, _, err = d.readAll(ctx, q.Fields, refs, d.Limits.Bytes); err != nil {
		return nil, "", false, err
	}
	all = all[:d.fitting(all)]
	at := len(refs) - 1
	if len(all) > 0 { // continue after the last returned one: those after it are gone, or did not fit
		at = slices.IndexFunc(refs, func(w wanted) bool { return w.ID == all[len(all)-1].ID() })
	}
	return all, positions[at], more || at < len(refs)-1, nil
}
