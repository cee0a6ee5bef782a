package keycloak

import (
	"context"
	"net/http"
	"strconv"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/paging"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/keycloak/values"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// List reads one page of at most 100 resources. It takes filters that Capabilities supports.
func (r *Realm) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	q.Start = max(q.Start, 1)
	switch kind, rest := paging.Cut(q.ResumeAfter); kind {
	case "": // from the beginning
	case paging.Name:
		var behind scim.Filter = scim.Compare{Attr: userName, Op: scim.Gt, Value: document.Quote(rest)}
		if q.Filter != nil {
			behind = scim.And{Terms: []scim.Filter{q.Filter, behind}}
		}
		q.Filter = behind
	case paging.At:
		search := q
		search.Fields, search.Count = directory.Fields{Only: []string{"id"}}, profile.PageLimit
		first, err := paging.Behind(ctx, rest, func(ctx context.Context, start int) (directory.Page, error) {
			search.Start = start
			return r.page(ctx, search)
		})
		if err != nil {
			return directory.Page{}, err
		}
		q.Start += first - 1
		p, err := r.page(ctx, q)
		p.Total = max(p.Total-first+1, 0)
		return p, err
	default: // of another way of reading, if the user profile has changed
		return directory.Page{}, scim.InvalidCursor("the cursor is not valid any more; start again without a cursor")
	}
	return r.page(ctx, q)
}

// page reads a page that begins at the index of the query.
func (r *Realm) page(ctx context.Context, q directory.Query) (directory.Page, error) {
	p, err := r.rows(ctx, q)
	return paging.Resumable(p, q.Type == scim.User && !r.profile.Addressed()), err
}

// rows reads the resources of a page by the cheaper way: see representation.Trust.
func (r *Realm) rows(ctx context.Context, q directory.Query) (directory.Page, error) {
	names := r.profile.Names(q.Type, q.Fields)
	if q.Type != scim.User || !values.Wide(q) {
		return r.listed(ctx, q, names)
	}
	rest, apart, worth := r.profile.Split(names, q.Resumed)
	if !worth {
		return r.listed(ctx, q, names)
	}
	switch r.profile.Trust().Next(r.cred.Key()) {
	case representation.ByAdmin:
		p, err := r.listed(ctx, q, rest)
		if err != nil {
			return p, err
		}
		if filled, same := r.values().Fill(ctx, p, apart); same {
			return filled, nil
		}
	case representation.Compare:
		p, err := r.listed(ctx, q, names)
		if err != nil {
			return p, err
		}
		if bare, err := r.listed(ctx, q, rest); err == nil {
			r.values().Compare(ctx, p, bare, apart)
		}
		return p, nil
	case representation.BySCIM:
	}
	return r.listed(ctx, q, names)
}

// listed reads a page by the SCIM API.
func (r *Realm) listed(ctx context.Context, q directory.Query, names []string) (directory.Page, error) {
	v := paging.Named(names)
	v.Set("startIndex", strconv.Itoa(q.Start))
	v.Set("count", strconv.Itoa(min(q.Count, profile.PageLimit)))
	if q.Filter != nil {
		v.Set("filter", r.profile.Filter(q.Filter).String())
	}
	a, err := r.call(ctx, http.MethodGet, r.path(scim.Ref{Type: q.Type}), v, "")
	if err != nil {
		return directory.Page{}, err
	}
	if !a.ok() {
		return directory.Page{}, r.refused(scim.Ref{Type: q.Type}, a)
	}
	p, err := paging.Read(a.body, q.Start)
	for i, one := range p.Resources {
		p.Resources[i] = r.profile.Lists(q.Type, one)
	}
	return p, err
}
