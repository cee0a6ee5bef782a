package listing

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/filters"
	"keycloak-scim-proxy/proxy/scim"
)

// What the store names is verified at the directory below, because a resource may be gone: reading
// resources by name costs about three times as much for each as a walk (measured).
const (
	fewNamed = 200 // are read by name in any case
	walkCost = 3
	// mostVerified is how many rows of a sorted list are read to return a page.
	mostVerified = 500
)

// each calls visit for all resources that the filter of a query can match, with the needed
// attributes: for those that the store names if it decides a part of the filter, else by a walk.
func (d *Directory) each(ctx context.Context, q directory.Query, visit func(r scim.Resource, position string) (bool, error)) error {
	named, known, err := d.named(ctx, q, "", d.Limits.Scan+1)
	if err != nil {
		return err
	}
	known = known && len(named) <= d.Limits.Scan // a walk says that it is too much
	if known && (d.AskOnMiss || len(named) > fewNamed) {
		all, err := d.Directory.List(ctx, directory.Query{Type: q.Type, Start: 1})
		if err != nil {
			return err
		}
		known = len(named) <= max(fewNamed, all.Total/walkCost)
	}
	if !known {
		return d.walk(ctx, q, visit)
	}
	var visited error
	seen := 0
	hidden, err := d.eachOf(ctx, q, named, mostVerified, func(r scim.Resource) (more bool) {
		seen++
		more, visited = visit(r, "")
		return more && visited == nil
	})
	if err == nil && seen == 0 && !d.AskOnMiss { // with it, the total was asked for
		err = d.mayList(ctx, q.Type, hidden)
	}
	return errors.Join(err, visited)
}

// eachOf calls visit for the resources that are there, with the needed attributes. It reads some of
// them at a time. hidden counts those that the caller may not see.
func (d *Directory) eachOf(ctx context.Context, q directory.Query, named []wanted, n int, visit func(r scim.Resource) (more bool)) (hidden int, err error) {
	for some := range slices.Chunk(named, n) {
		read, unseen, err := d.readAll(ctx, filters.Fields(q), some, math.MaxInt)
		if err != nil {
			return hidden, err
		}
		hidden += unseen
		more := true
		for _, r := range read {
			more = more && visit(r)
		}
		if give(ctx, read); !more {
			break
		}
	}
	return hidden, nil
}

// keptByCursor returns the page of a walk over the resources that the store names, in the order of
// their ids. Its total is not known.
func (d *Directory) keptByCursor(ctx context.Context, q directory.Query) (p directory.Page, err error) {
	if q.Count == 0 {
		return d.scan(ctx, q, []directory.Query{q}) // only the total
	}
	at, err := d.Cursors.OpenRow(ctx, q)
	if err != nil {
		return p, err
	}
	after := ""
	if at != nil {
		after = at.ID
	}
	rows, hidden, known, err := d.keptRows(ctx, q, after)
	if err != nil {
		return p, err
	}
	if !known {
		return d.scan(ctx, q, []directory.Query{q})
	}
	if len(rows) == 0 {
		if err := d.mayList(ctx, q.Type, hidden); err != nil {
			return p, err
		}
	}
	page := rows[:min(q.Count, len(rows))]
	return d.whole(ctx, q, directory.Page{Uncounted: true}, page, len(page) < len(rows))
}

// keptRows returns the first matches behind an id, at most one more than the page has. known is
// that of named.
func (d *Directory) keptRows(ctx context.Context, q directory.Query, after string) (rows []row, hidden int, known bool, err error) {
	for looked := 0; len(rows) <= q.Count; {
		some, known, err := d.named(ctx, q, after, q.Count+1)
		if err != nil || !known {
			return nil, 0, false, err
		}
		if looked += len(some); looked > d.Limits.Scan {
			return nil, 0, false, scim.TooMany("the query would look at more than %d resources", d.Limits.Scan)
		}
		unseen, err := d.eachOf(ctx, q, some, q.Count+1, func(r scim.Resource) bool {
			if filters.Match(d.Schemas, q, r) {
				rows = append(rows, rowsOf{d, q}.row(r, q))
			}
			return len(rows) <= q.Count
		})
		if err != nil {
			return nil, 0, false, err
		}
		if hidden += unseen; len(some) <= q.Count {
			break // these were the last ones
		}
		after = some[len(some)-1].ID
	}
	return rows, hidden, true, nil
}

// named returns the first resources behind an id that the terms of a filter over attributes that
// only the store has can match. known is false if there is no such term.
func (d *Directory) named(ctx context.Context, q directory.Query, after string, most int) (all []wanted, known bool, err error) {
	terms := d.below().Kept(q.Type, q.Filter)
	if len(terms) == 0 || d.Scan == nil {
		return nil, false, nil
	}
	decides := scim.And{Terms: terms}
	var attrs []scim.AttrPath
	scim.Attributes(decides, func(p scim.AttrPath) { attrs = append(attrs, p) })
	known, err = d.Scan(ctx, q.Type, attrs, after, func(id, name string, values scim.Resource) (bool, error) {
		if d.Schemas.Match(decides, q.Type, values) {
			all = append(all, wanted{scim.Ref{Type: q.Type, ID: id}, name})
		}
		return len(all) < most, nil
	})
	return all, known, err
}

// byID is the order of resources that the store may name, so that pages fit together however they
// are read.
func byID(a, b row) int { return strings.Compare(a.ID, b.ID) }

// byKept returns a page by index in the ascending order of an attribute that only the store has.
// done is false if the page may have resources without a value, which are last and which the store
// does not know, or if too many would have to be verified.
func (d *Directory) byKept(ctx context.Context, q directory.Query) (p directory.Page, done bool, err error) {
	need := q.Start - 1 + q.Count
	if q.Filter != nil || q.Sort.By.IsZero() || q.Sort.Descending || q.Count == 0 || q.Start > mostVerified || need > mostVerified || d.Scan == nil {
		return p, false, nil
	}
	rows := rowsOf{d, q}
	best := first{most: need + spare, compare: rows.order()}
	known, err := d.Scan(ctx, q.Type, []scim.AttrPath{q.Sort.By}, "", func(id, name string, values scim.Resource) (bool, error) {
		if r := rows.row(values, q); !r.key.Missing {
			r.ID, r.name = id, name
			best.add(r)
		}
		return true, nil
	})
	if err != nil || !known || best.total < need {
		return p, false, err
	}
	live, err := d.verified(ctx, q, best.rows(), need)
	if err != nil || len(live) < need {
		return p, false, err
	}
	all, err := d.Directory.List(ctx, directory.Query{Type: q.Type, Start: 1})
	if err != nil {
		return p, false, err
	}
	p, err = d.whole(ctx, q, directory.Page{Total: all.Total, Start: q.Start}, live[q.Start-1:need], true)
	return p, true, err
}

// verified returns the first rows whose resources are there and still have their place.
func (d *Directory) verified(ctx context.Context, q directory.Query, rows []row, need int) (live []row, err error) {
	for len(live) < need && len(rows) > 0 {
		some := rows[:min(need-len(live), len(rows))]
		rows = rows[len(some):]
		refs := make([]wanted, len(some))
		for i, r := range some {
			refs[i] = r.wanted
		}
		read, _, err := d.readAll(ctx, filters.Fields(q), refs, math.MaxInt)
		if err != nil {
			return nil, err
		}
		now := map[string]row{}
		for _, r := range read {
			now[r.ID()] = rowsOf{d, q}.row(r, q)
		}
		give(ctx, read)
		for _, r := range some {
			if n, there := now[r.ID]; there && n.key == r.key {
				live = append(live, n)
			}
		}
	}
	return live, nil
}
