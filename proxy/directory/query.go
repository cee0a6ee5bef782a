package directory

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// Query is the argument of List.
type Query struct {
	Type   scim.ResourceType
	Filter scim.Filter // nil: all
	Sort   Sort
	// Start is the 1-based index of the first result, counted from the first one after ResumeAfter.
	Start int
	// ResumeAfter continues after a resource: an entry of Page.Resume.
	ResumeAfter string
	// Resumed says that Page.Resume will be used. Otherwise a walk that resumes by it may skip
	// resources that are renamed while the page is read.
	Resumed bool
	Count   int // the page size; 0 requests only the total
	Fields  Fields
	// Cursor requests a page by cursor (RFC 9865); "" requests the first one.
	Cursor *string
}

// Sort is sortBy and sortOrder. The zero value is the directory's own order.
type Sort struct {
	By         scim.AttrPath
	Descending bool
}

// Fields are the attributes that the caller needs. A directory may return more, but not less. The
// answer is reduced to the projection once, above all layers.
type Fields struct {
	// Only lists attributes, as AttrPath.Key of the top-level attribute; empty means all.
	Only []string
	// Members requests the members of a group too.
	Members bool
	// Observed requests also the values that the directory below shows in place of requested ones,
	// so that a filter finds a resource by both: see Observed.
	Observed bool
}

// Covers reports whether the fields include an attribute.
func (n Fields) Covers(p scim.AttrPath) bool {
	if len(n.Only) == 0 {
		return true
	}
	top, urn := p.Top().Key(), strings.ToLower(p.URN)
	return slices.ContainsFunc(n.Only, func(o string) bool { return o == top || urn != "" && o == urn })
}

// Page is the result of List.
type Page struct {
	// Total counts all results, not only those on the page. With ResumeAfter, it counts those after
	// it.
	Total     int
	Start     int
	Resources []scim.Resource
	// Types are the types of the resources in a search over all types; otherwise it is empty.
	Types []scim.ResourceType
	// Resume has for each resource the value of Query.ResumeAfter that continues after it. The
	// values stay valid if resources are created or deleted.
	Resume []string
	// Next is the cursor of the next page, or "".
	Next string
	// Uncounted reports that Total is not known.
	Uncounted bool
}

// First returns the first n resources of a page.
func (p Page) First(n int) Page {
	p.Resources = p.Resources[:n]
	if p.Types != nil {
		p.Types = p.Types[:n]
	}
	return p
}
