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

// A walk must lose nobody while others create and delete; pages by index do (measured). Users are
// listed in the order that `userName gt "…"` compares by, so a mark is the name of the last user.
// Groups are not: they are listed by bytes, and `displayName gt` folds case. Their mark is the
// index and the ids of the last rows; where those have moved, they are looked for.
const (
	markName  = "n"
	markIndex = "i"
	markRows  = 5
)

// List reads one page of at most 100. The filter must be one that Capabilities says is decided rightly;
// sorting is not done here.
func (r *Realm) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	switch kind, rest := cut(q.ResumeAfter); kind {
	case markName:
		behind := scim.Compare{Attr: userName, Op: scim.Gt, Value: document.Quote(rest)}
		if q.Start = 1; q.Filter == nil {
			q.Filter = behind
		} else {
			q.Filter = scim.And{Terms: []scim.Filter{q.Filter, behind}}
		}
	case markIndex:
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

func cut(mark string) (kind, rest string) {
	if mark == "" {
		return "", ""
	}
	return mark[:1], mark[1:]
}

func (r *Realm) listAt(ctx context.Context, q directory.Query, start int) (directory.Page, error) {
	v := r.projection(q.Type, q.Fields)
	v.Set("startIndex", strconv.Itoa(start))
	v.Set("count", strconv.Itoa(min(q.Count, pageLimit)))
	if q.Filter != nil {
		v.Set("filter", profile.Filter(q.Filter).String())
	}
	a, err := r.call(ctx, http.MethodGet, r.path(scim.Ref{Type: q.Type}), v, "")
	if err != nil {
		return directory.Page{}, err
	}
	if !a.ok() {
		return directory.Page{}, r.refused(scim.Ref{Type: q.Type}, a)
	}
	p, err := readPage(a.body, q.Type, start)
	for i, one := range p.Resources {
		p.Resources[i] = r.profile.Lists(q.Type, one)
	}
	return p, err
}

func readPage(body []byte, t scim.ResourceType, start int) (directory.Page, error) {
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
		one, err := standard([]byte(e))
		if err != nil {
			return page, err
		}
		ids = append(ids, one.ID())
		page.Resources = append(page.Resources, one)
		page.Resume = append(page.Resume, mark(t, one, start+i, ids))
	}
	return page, nil
}

func mark(t scim.ResourceType, one scim.Resource, at int, ids []string) string {
	if t == scim.User {
		return markName + document.Text(one.Get(userName))
	}
	return markIndex + strconv.Itoa(at) + "," + strings.Join(ids[max(0, len(ids)-markRows):], ",")
}

// behind is the index behind a mark's rows, wherever they are now: first where they were, then page
// by page before and after that.
func (r *Realm) behind(ctx context.Context, q directory.Query, rest string) (int, error) {
	parts := strings.Split(rest, ",")
	at, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return 0, scim.InvalidCursor("the cursor is not valid")
	}
	ids := parts[1:]
	slices.Reverse(ids) // the last row first
	q.Fields, q.Count = directory.Fields{Only: []string{"id"}}, pageLimit
	first := max(at-pageLimit/2, 1)
	for start, step := first, -pageLimit; ; start = max(start+step, 1) {
		page, err := r.listAt(ctx, q, start)
		if err != nil {
			return 0, err
		}
		if i := indexOf(page, ids); i >= 0 {
			return start + i + 1, nil
		}
		switch {
		case step < 0 && start == 1: // not there or before
			start, step = first, pageLimit
		case step > 0 && len(page.Resources) < pageLimit:
			return 0, scim.ExpiredCursor() // all of the rows are gone: nothing says where to go on
		}
	}
}

// indexOf finds the first of the ids that is on a page.
func indexOf(p directory.Page, ids []string) int {
	for _, id := range ids {
		if i := slices.IndexFunc(p.Resources, func(r scim.Resource) bool { return r.ID() == id }); i >= 0 {
			return i
		}
	}
	return -1
}
