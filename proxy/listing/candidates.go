package listing

import (
	"context"
	"math"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/filters"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// maxCandidates is how many resources are read one by one. If the index names more, a walk is
// cheaper.
const maxCandidates = 100

// lookUp answers a query from the resources that the index names. done is false if it cannot.
func (d *Directory) lookUp(ctx context.Context, q directory.Query) (p directory.Page, done bool, err error) {
	for _, believe := range []bool{d.KnowsAll, false} {
		ids, of, err := d.candidates(ctx, q.Type, q.Filter, believe)
		if err != nil {
			return p, false, err
		}
		if of == unbounded {
			break
		}
		if p, err = d.found(ctx, q, ids); err != nil || of == all || p.Total == len(ids) {
			return p, err == nil, err
		}
	}
	return d.hit(ctx, q)
}

// bound says which resources a filter can match.
type bound uint8

const (
	unbounded bound = iota // any
	believed               // the candidates, as far as the index knows
	all                    // the candidates
)

// candidates returns all resources that a filter can match, if "eq" on an indexed attribute bounds
// them. believe says that the index is believed if it knows all that the directory below has.
func (d *Directory) candidates(ctx context.Context, t scim.ResourceType, f scim.Filter, believe bool) (ids []string, of bound, err error) {
	for _, c := range filters.Equals(f) {
		if c.Attr.Is(scim.AttrPath{Name: "id"}) && document.IsText(c.Value) {
			return []string{document.Text(c.Value)}, all, nil
		}
		h := d.Directory.Capabilities().Placement(t, c.Attr)
		if h >= directory.CaseFolded && !believe {
			continue // pushed down, or looked up by hit
		}
		found, err := d.Find(ctx, t, c.Attr, c.Value)
		if err != nil {
			return nil, unbounded, err
		}
		ids, known, of := found.IDs, found.Known, all
		switch {
		case believe && found.All:
			of = believed
		case h >= directory.CaseFolded:
			continue
		case known && (h == directory.PrimaryOnly || h == directory.WriteOnce):
			if ids, known, err = d.alsoBelow(ctx, t, c, ids); err != nil {
				return nil, unbounded, err
			}
		}
		if known && len(ids) <= maxCandidates {
			slices.Sort(ids)
			return slices.Compact(ids), of, nil
		}
	}
	return nil, unbounded, nil
}

// alsoBelow adds the matches of the directory below, which may have resources that were not created
// through this layer and are not in the index. known is false if it cannot return them all.
func (d *Directory) alsoBelow(ctx context.Context, t scim.ResourceType, c scim.Compare, ids []string) (all []string, known bool, err error) {
	if !d.below().Accepts(c) {
		return nil, false, nil
	}
	below, err := d.Directory.List(ctx, directory.Query{Type: t, Filter: c, Start: 1, Count: maxCandidates, Fields: directory.Fields{Only: []string{"id"}}})
	if err != nil || below.Total > len(below.Resources) {
		return nil, false, err
	}
	for _, r := range below.Resources {
		ids = append(ids, r.ID())
	}
	return ids, true, nil
}

// hit answers "eq" on the unique name of a resource with one GET, if the index knows the name. If
// the index entry is stale, the directory below is used.
func (d *Directory) hit(ctx context.Context, q directory.Query) (directory.Page, bool, error) {
	c, ok := q.Filter.(scim.Compare)
	if !ok || c.Op != scim.Eq || !document.IsText(c.Value) || !c.Attr.Is(scim.Identifying(q.Type)) {
		return directory.Page{}, false, nil
	}
	found, err := d.Find(ctx, q.Type, c.Attr, c.Value)
	if err != nil {
		return directory.Page{}, false, err
	}
	if len(found.IDs) != 1 {
		return directory.Page{}, false, nil
	}
	p, _, err := d.judge(ctx, q, found.IDs)
	return p, p.Total == 1, err
}

// found answers a query from its candidates. Records are shared by all callers of a realm, so a
// candidate that the caller may not see is treated as missing.
func (d *Directory) found(ctx context.Context, q directory.Query, ids []string) (directory.Page, error) {
	p, hidden, err := d.judge(ctx, q, ids)
	if err == nil && p.Total == 0 {
		err = d.mayList(ctx, q.Type, hidden)
	}
	return p, err
}

// mayList checks before an empty list is returned that the caller may list at all: otherwise the
// answer would reveal whether a value is in use, and a lost role would look like an empty
// directory. hidden counts candidates that the caller may not see.
func (d *Directory) mayList(ctx context.Context, t scim.ResourceType, hidden int) error {
	if hidden == 0 && !d.AskOnMiss {
		return nil
	}
	_, err := d.Directory.List(ctx, directory.Query{Type: t, Start: 1})
	return err
}

// judge reads candidates and evaluates the whole filter on each. hidden counts those that the
// caller may not see.
func (d *Directory) judge(ctx context.Context, q directory.Query, ids []string) (p directory.Page, hidden int, err error) {
	need := q.Fields
	need.Only, need.Observed = nil, true // whole, because the filter is evaluated on it
	refs := make([]wanted, len(ids))
	for i, id := range ids {
		refs[i].Ref = scim.Ref{Type: q.Type, ID: id}
	}
	all, hidden, err := d.readAll(ctx, need, refs, math.MaxInt)
	if err != nil {
		return directory.Page{}, 0, err
	}
	rows := rowsOf{d, q}
	for i, r := range all {
		if all[i], err = rows.complete(ctx, r); err != nil {
			return directory.Page{}, 0, err
		}
	}
	all = slices.DeleteFunc(all, func(r scim.Resource) bool { return !filters.Match(d.Schemas, q, r) })
	sorted := first{most: len(all), compare: rows.order()}
	for _, r := range all {
		r, _ = directory.Observed(r)
		one := rows.row(r, q)
		one.whole = r
		sorted.add(one)
	}
	p = directory.Page{Total: sorted.total, Start: q.Start}
	for _, r := range cutPage(sorted.rows(), q) {
		p.Resources = append(p.Resources, r.whole)
	}
	return p, hidden, nil
}

func cutPage(all []row, q directory.Query) []row {
	from := min(max(q.Start-1, 0), len(all))
	return all[from:min(from+q.Count, len(all))]
}
