package keycloak

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A walk over pages must not skip resources during concurrent creates and deletes, as pages by
// index do (measured). Keycloak lists users in the order of `userName gt "…"`, so that a walk over
// users resumes after a userName. It lists groups by bytes, but `displayName gt` ignores letter
// case, so that a walk over groups resumes after an index and the ids of the last rows there; if
// these rows have moved, behind searches them. Users whose address is shown as their name are
// walked like groups.
const (
	resumeName  = "n"
	resumeIndex = "i"
	resumeRows  = 5
)

// List reads one page of at most 100 resources. The filter must be one that Capabilities declares
// as supported. It does not sort.
func (r *Realm) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	switch kind, rest := cut(q.ResumeAfter); kind {
	case resumeName:
		behind := scim.Compare{Attr: userName, Op: scim.Gt, Value: document.Quote(rest)}
		if q.Start = 1; q.Filter == nil {
			q.Filter = behind
		} else {
			q.Filter = scim.And{Terms: []scim.Filter{q.Filter, behind}}
		}
	case resumeIndex:
		start, err := r.behind(ctx, q, rest)
		if err != nil {
			return directory.Page{}, err
		}
		p, err := r.listAt(ctx, q, start)
		p.Total = max(p.Total-start+1, 0)
		return p, err
	}
	return r.listAt(ctx, q, q.Start)
}

func cut(resume string) (kind, rest string) {
	n := min(len(resume), 1)
	return resume[:n], resume[n:]
}

func (r *Realm) listAt(ctx context.Context, q directory.Query, start int) (directory.Page, error) {
	v := r.projection(q.Type, q.Fields)
	v.Set("startIndex", strconv.Itoa(start))
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
	p, err := readPage(a.body, start, q.Type == scim.User && !r.profile.Addressed())
	for i, one := range p.Resources {
		p.Resources[i] = r.profile.Lists(q.Type, one)
	}
	return p, err
}

func readPage(body []byte, start int, byName bool) (directory.Page, error) {
	doc, err := scim.ParseResource(body)
	if err != nil {
		return directory.Page{}, scim.Upstream(err)
	}
	total, err := strconv.Atoi(doc.Raw("totalResults"))
	if err != nil {
		return directory.Page{}, scim.Upstream(err)
	}
	page := directory.Page{Total: total, Start: start}
	var ids []string
	for i, e := range document.Elements(doc.Raw("Resources")) {
		one, err := standardOf(scim.Part(e))
		if err != nil {
			return page, err
		}
		ids = append(ids, one.ID())
		page.Resources = append(page.Resources, one)
		page.Resume = append(page.Resume, resumeAfter(byName, one, start+i, ids))
	}
	return page, nil
}

// resumeAfter returns the text with which List resumes after a resource at an index; ids has the
// ids up to it.
func resumeAfter(byName bool, one scim.Resource, at int, ids []string) string {
	if byName {
		return resumeName + document.Text(one.Get(userName))
	}
	return resumeIndex + strconv.Itoa(at) + "," + strings.Join(ids[max(0, len(ids)-resumeRows):], ",")
}

// behind returns the index after the rows of a resume text. It searches them first where they were,
// then page by page before and after that.
func (r *Realm) behind(ctx context.Context, q directory.Query, rest string) (int, error) {
	parts := strings.Split(rest, ",")
	at, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return 0, scim.InvalidCursor("the cursor is not valid")
	}
	ids := parts[1:]
	slices.Reverse(ids) // the last row first
	q.Fields, q.Count = directory.Fields{Only: []string{"id"}}, profile.PageLimit
	first := max(at-profile.PageLimit/2, 1)
	for start, step := first, -profile.PageLimit; ; start = max(start+step, 1) {
		page, err := r.listAt(ctx, q, start)
		if err != nil {
			return 0, err
		}
		if i := indexOf(page, ids); i >= 0 {
			return start + i + 1, nil
		}
		switch {
		case step < 0 && start == 1: // not here and not before: search the pages after
			start, step = first, profile.PageLimit
		case step > 0 && len(page.Resources) < profile.PageLimit:
			return 0, scim.ExpiredCursor() // all rows were deleted, so that the place is unknown
		}
	}
}

// indexOf returns the index on a page of the first id that is there, or -1.
func indexOf(p directory.Page, ids []string) int {
	for _, id := range ids {
		if i := slices.IndexFunc(p.Resources, func(r scim.Resource) bool { return r.ID() == id }); i >= 0 {
			return i
		}
	}
	return -1
}
