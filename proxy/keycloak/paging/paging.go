package paging

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// The kinds of a text that resumes a walk. At is followed by an index and ids: see Behind.
const (
	Name = "n" // followed by the last userName
	At   = "i"
)

// rows is how many ids a text has.
const rows = 5

// Cut returns the kind of a text and the rest.
func Cut(resume string) (kind, rest string) {
	n := min(len(resume), 1)
	return resume[:n], resume[n:]
}

// Named is the query of a request that names attributes; none means all.
func Named(names []string) url.Values {
	if len(names) == 0 {
		return url.Values{}
	}
	return url.Values{"attributes": {strings.Join(names, ",")}}
}

// Read reads a page that begins at an index.
func Read(body []byte, start int) (directory.Page, error) {
	doc, err := scim.ParseResource(body)
	if err != nil {
		return directory.Page{}, scim.Upstream(err)
	}
	total, err := strconv.Atoi(doc.Raw("totalResults"))
	if err != nil {
		return directory.Page{}, scim.Upstream(err)
	}
	page := directory.Page{Total: total, Start: start}
	for _, e := range document.Elements(doc.Raw("Resources")) {
		one, err := Standard(scim.Part(e))
		if err != nil {
			return page, err
		}
		page.Resources = append(page.Resources, one)
	}
	return page, nil
}

// Resumable returns a page with the texts that resume a walk after its rows, by name or by index.
func Resumable(p directory.Page, byName bool) directory.Page {
	ids := make([]string, len(p.Resources))
	p.Resume = make([]string, len(p.Resources))
	for i, one := range p.Resources {
		ids[i] = one.ID()
		p.Resume[i] = after(byName, one, p.Start+i, ids[:i+1])
	}
	return p
}

// after returns the text that resumes after a resource at an index; ids has the ids up to it.
func after(byName bool, one scim.Resource, at int, ids []string) string {
	if byName {
		return Name + document.Text(one.Get(scim.Identifying(scim.User)))
	}
	return At + strconv.Itoa(at) + "," + strings.Join(ids[max(0, len(ids)-rows):], ",")
}

// Behind returns the index after the rows of a text of the kind At. It searches them first where
// they were, then page by page before and after that. page reads a page that begins at an index.
func Behind(ctx context.Context, rest string, page func(ctx context.Context, start int) (directory.Page, error)) (int, error) {
	parts := strings.Split(rest, ",")
	at, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return 0, scim.InvalidCursor("the cursor is not valid")
	}
	ids := parts[1:]
	slices.Reverse(ids) // the last row first
	first := max(at-profile.PageLimit/2, 1)
	for start, step := first, -profile.PageLimit; ; start = max(start+step, 1) {
		p, err := page(ctx, start)
		if err != nil {
			return 0, err
		}
		if i := indexOf(p, ids); i >= 0 {
			return start + i + 1, nil
		}
		switch {
		case step < 0 && start == 1: // not here and not before: search the pages after
			start, step = first, profile.PageLimit
		case step > 0 && len(p.Resources) < profile.PageLimit:
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

// Standard turns a native resource, as it was parsed, into a standard one: without empty values
// (Keycloak leaves "manager":{} and "urn:…":{}) and without Keycloak's location.
func Standard(r scim.Resource, err error) (scim.Resource, error) {
	if err != nil || r.ID() == "" {
		return scim.Resource{}, scim.Upstream(err)
	}
	doc := r.Object()
	doc.DropUnassigned()
	doc.Set(scim.AttrPath{Name: "meta", Sub: "location"}, "")
	return doc.Resource(), nil
}
