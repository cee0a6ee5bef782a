package directory

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// Query is what a List is asked.
type Query struct {
	Type   scim.ResourceType
	Filter scim.Filter // nil: all
	Sort   Sort
	// Start is the 1-based index of the first result. It is ignored if ResumeAfter is set.
	Start int
	// ResumeAfter goes on after a resource: one of Page.Resume.
	ResumeAfter string
	Count       int // the page size; 0 asks for the total only
	Fields      Fields
	// Cursor asks for a page by cursor (RFC 9865); "" is the first one.
	Cursor *string
}

// Sort is sortBy and its direction. The zero value is the directory's own order.
type Sort struct {
	By         scim.AttrPath
	Descending bool
}

// Fields are the attributes that the caller looks at. A directory may return more, never less; the
// answer is cut to the projection once, above all layers.
type Fields struct {
	// Only lists attributes, as AttrPath.Key of the top-level attribute; empty means all.
	Only []string
	// Members asks for a group's members too.
	Members bool
}

// Covers reports whether the fields include an attribute.
func (n Fields) Covers(p scim.AttrPath) bool {
	if len(n.Only) == 0 {
		return true
	}
	top, urn := p.Top().Key(), strings.ToLower(p.URN)
	return slices.ContainsFunc(n.Only, func(o string) bool { return o == top || urn != "" && o == urn })
}

// Page of a List.
type Page struct {
	// Total counts all results, not only those on the page; with ResumeAfter, those after it.
	Total     int
	Start     int
	Resources []scim.Resource
	// Types of the resources, in a search over all types; otherwise empty.
	Types []scim.ResourceType
	// Resume says for each resource how to go on after it (Query.ResumeAfter). The texts stay valid
	// while others create and delete.
	Resume []string
	// Next is the cursor of the next page, or "".
	Next string
	// Uncounted says that Total is not known.
	Uncounted bool
}
