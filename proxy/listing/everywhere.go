package listing

import (
	"context"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/resolve"
	"keycloak-scim-proxy/proxy/scim"
)

// eachType returns the resolved query for each type that it is about. A search over all types (RFC
// 7644 section 3.4.3) is about users and groups, in this order. A type without the attributes of
// the filter has no results, and one without the attribute of the order has no value to sort by. A
// query that is invalid for all types is refused.
func (d *Directory) eachType(q directory.Query) ([]directory.Query, error) {
	if q.Type != "" {
		one, err := resolve.Query(d.Schemas, q)
		return []directory.Query{one}, err
	}
	var each []directory.Query
	var refused, unsorted error
	sorted := false
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		one := q
		one.Type, one.Fields, one.Sort = t, fieldsOf(t, q.Fields), directory.Sort{}
		one, err := resolve.Query(d.Schemas, one)
		if err != nil {
			refused = err
			continue
		}
		by := directory.Query{Type: t, Sort: q.Sort}
		if by, err = resolve.Query(d.Schemas, by); err == nil {
			one.Sort, sorted = by.Sort, true
		} else {
			unsorted = err
		}
		each = append(each, one)
	}
	switch {
	case len(each) == 0:
		return nil, refused
	case !sorted:
		return nil, unsorted
	}
	return each, nil
}

// fieldsOf returns the fields for a type: only a group has members.
func fieldsOf(t scim.ResourceType, n directory.Fields) directory.Fields {
	n.Members = n.Members && t == scim.Group
	return n
}

// inTurn returns a page by index of a search over all types.
func (d *Directory) inTurn(ctx context.Context, q directory.Query, each []directory.Query) (directory.Page, error) {
	out := directory.Page{Start: q.Start}
	full := false
	for _, one := range each {
		one.Start = max(q.Start-out.Total, 1)
		one.Count = q.Count - len(out.Resources)
		if full {
			one.Count = 0 // only the total
		}
		p, err := d.list(ctx, one)
		if err != nil {
			return directory.Page{}, err
		}
		p = p.First(d.fitting(p.Resources))
		full = full || len(p.Resources) < min(one.Count, p.Total-one.Start+1) // pages are limited in bytes
		out = joined(out, one.Type, p)
	}
	return out, nil
}

// typeByType returns a page by cursor of a search over all types. A page has resources of one type.
func (d *Directory) typeByType(ctx context.Context, q directory.Query, each []directory.Query) (directory.Page, error) {
	at, err := d.Cursors.Open(ctx, q)
	if err != nil {
		return directory.Page{}, err
	}
	from, after, _ := strings.Cut(at, " ")
	out, next, begun := directory.Page{}, "", at == ""
	for _, one := range each {
		if string(one.Type) == from {
			one.ResumeAfter, begun = after, true
		}
		full := next != "" || len(out.Resources) > 0
		if !begun || full {
			one.Count = 0 // only the total
		}
		p, last, more, err := d.following(ctx, one)
		switch {
		case err != nil:
			return directory.Page{}, err
		case more:
			next = string(one.Type) + " " + last
		case full && next == "" && (p.Total > 0 || p.Uncounted):
			next = string(one.Type)
		}
		out = joined(out, one.Type, p)
	}
	if next != "" {
		out.Next, err = d.Cursors.Seal(ctx, q, next)
	}
	return out, err
}

// joined returns a page with the resources of one more type.
func joined(p directory.Page, t scim.ResourceType, more directory.Page) directory.Page {
	p.Total += more.Total
	p.Uncounted = p.Uncounted || more.Uncounted
	p.Resources = append(p.Resources, more.Resources...)
	p.Types = append(p.Types, slices.Repeat([]scim.ResourceType{t}, len(more.Resources))...)
	return p
}
