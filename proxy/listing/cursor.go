package listing

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/position"
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
	pushable := q.Filter == nil || d.pushable(q.Type, q.Filter)
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

// follow reads whole resources that the directory below selects, page by page.
func (d *Directory) follow(ctx context.Context, q directory.Query) (all []scim.Resource, last string, more bool, err error) {
	size := d.Directory.Capabilities().MaxPage
	step := directory.Query{Type: q.Type, Filter: q.Filter, Start: 1, ResumeAfter: q.ResumeAfter, Fields: q.Fields}
	for len(all) < q.Count {
		step.Count = min(size, q.Count-len(all))
		p, err := d.read(ctx, step)
		if err != nil {
			return nil, "", false, err
		}
		before := len(all)
		all = append(all, p.Resources...)
		if n := d.fitting(all); n < len(all) {
			if n > before {
				last = p.Resume[n-before-1]
			}
			return all[:n], last, true, nil
		}
		if more = len(p.Resources) > 0 && p.Total > len(p.Resources); !more {
			break
		}
		last = p.Resume[len(p.Resume)-1]
		step.ResumeAfter = last
	}
	return all, last, more, nil
}

// collect walks until the page is full and one more match is found, and reads the page.
func (d *Directory) collect(ctx context.Context, q directory.Query) (all []scim.Resource, last string, more bool, err error) {
	var ids, positions []string
	err = d.walk(ctx, q, func(r scim.Resource, position string) (bool, error) {
		if !d.matches(q, r) {
			return true, nil
		}
		if len(ids) == q.Count {
			more = true
			return false, nil
		}
		ids, positions = append(ids, r.ID()), append(positions, position)
		return true, nil
	})
	if err != nil || len(ids) == 0 {
		return nil, "", false, err
	}
	if all, _, err = d.readAll(ctx, q.Fields, refsOf(q.Type, ids), d.Limits.Bytes); err != nil {
		return nil, "", false, err
	}
	all = all[:d.fitting(all)]
	at := len(ids) - 1
	if len(all) > 0 { // continue after the last returned one: those after it are gone, or did not fit
		at = slices.Index(ids, all[len(all)-1].ID())
	}
	return all, positions[at], more || at < len(ids)-1, nil
}
