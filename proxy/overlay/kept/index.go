package kept

import (
	"context"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

// Index answers queries of one caller from the records of a scope.
//
// Find is for a look-up of candidates by "eq"; the filter must still be decided on
// each candidate. Scan is for all other filters and orders on kept attributes: it reads the values
// of all resources from the store, without Keycloak. Their ids may be those of resources that are
// gone, or that the caller may not see.
type Index struct {
	// Records has the records of the scope.
	Records store.Space
	// Capabilities say which attributes are StoreOnly for the caller.
	Capabilities directory.Capabilities
	// Profiled says that the realm's user profile is known. Otherwise Keycloak may show an
	// attribute that seems to be StoreOnly, and a value that is not in the store.
	Profiled bool
	// Complete reports whether all records have the terms of their kept values.
	Complete func() bool
	// Seen returns the ids of the resources below that may have a term of an attribute that
	// record.Indexed names, and whether these and the records with the term are all. It is called
	// before the records are read. It may be nil.
	Seen func(ctx context.Context, term string) (ids []string, all bool, err error)
}

// Found is the result of Find.
type Found struct {
	// IDs are those of all resources that may have the value, as far as the index knows.
	IDs []string
	// Known is false if the index does not tell: the attribute is not indexed or not only in the
	// store, or the index is not complete yet. Attributes that record.Indexed names are always
	// known, and Keycloak may have more resources with the value, unless All is true.
	Known, All bool
}

// Find returns the resources that may have a value of an attribute; raw is the literal of a filter.
func (x Index) Find(ctx context.Context, t scim.ResourceType, attr scim.AttrPath, raw string) (found Found, err error) {
	var terms []string
	var seen []string
	switch {
	case record.Indexed(t, attr):
		if document.IsText(raw) {
			terms = []string{record.Term(t, attr, document.Text(raw))}
			if seen, found.All, err = x.below(ctx, t, attr, raw, terms[0]); err != nil {
				return found, err
			}
		}
	case record.Searchable(t, attr) && x.storeOnly(t, attr) && x.Complete():
		terms = record.Lookup(t, attr, raw)
	}
	if len(terms) == 0 {
		return found, nil
	}
	found.Known = true
	if found.IDs, err = x.Records.Find(ctx, terms...); err != nil {
		return found, overlay.StoreError(err)
	}
	if found.IDs = append(found.IDs, seen...); len(seen) > 0 {
		slices.Sort(found.IDs)
		found.IDs = slices.Compact(found.IDs)
	}
	return found, nil
}

// Outcome names the index that Find used for an attribute, identity or kept, and what came of it:
// hit, miss, or asked if only Keycloak knows all resources with the value. Index is "" if the
// attribute is in neither.
func (x Index) Outcome(t scim.ResourceType, attr scim.AttrPath, found Found) (index, result string) {
	placed := x.Capabilities.Placement(t, attr)
	index, kept := "kept", placed == directory.StoreOnly || placed == directory.ServerMade
	switch {
	case record.Indexed(t, attr):
		index = "identity"
	case !record.Searchable(t, attr) || placed != directory.StoreOnly:
		return "", ""
	}
	unique := placed >= directory.CaseFolded && len(found.IDs) == 1 // one read by id decides
	switch {
	case !found.Known || !found.All && !kept && !unique:
		result = "asked"
	case len(found.IDs) > 0:
		result = "hit"
	default:
		result = "miss"
	}
	return index, result
}

// below returns what Seen knows of an attribute that Keycloak has too. Keycloak may find a text
// that the terms distinguish from the stored one: it takes a sigma at the end of a word for another
// letter, and blanks at the ends may be stored or not.
func (x Index) below(ctx context.Context, t scim.ResourceType, attr scim.AttrPath, raw, term string) (ids []string, all bool, err error) {
	if x.Seen == nil || !x.Profiled || x.Capabilities.Placement(t, attr) == directory.StoreOnly {
		return nil, false, nil
	}
	ids, all, err = x.Seen(ctx, term)
	text := document.Text(raw)
	return ids, all && !strings.ContainsAny(text, "Σσς") && document.Trim(text) == text, err
}

// Scan calls visit for the kept values of all resources of a type that the function Scan visits.
// known is false, and visit is not called, if one of the attributes is not only in the store, or if
// there are none. It returns the errors of visit unchanged. It does not need a complete index.
func (x Index) Scan(ctx context.Context, t scim.ResourceType, attrs []scim.AttrPath, after string, visit func(Resource) (bool, error)) (known bool, err error) {
	for _, a := range attrs {
		if !x.storeOnly(t, a) {
			return false, nil
		}
	}
	if len(attrs) == 0 {
		return false, nil
	}
	var visited error
	err = Scan(ctx, x.Records, t, attrs, after, func(r Resource) (on bool, err error) {
		on, visited = visit(r)
		return on, visited
	})
	if err != nil && visited == nil {
		err = overlay.StoreError(err)
	}
	return true, err
}

// storeOnly reports whether an attribute and all its sub-attributes are only in the store.
func (x Index) storeOnly(t scim.ResourceType, p scim.AttrPath) bool {
	if !x.Profiled || record.Apart(p) || x.Capabilities.Placement(t, p) != directory.StoreOnly {
		return false
	}
	for key, placed := range x.Capabilities.Placements[t] {
		if placed != directory.StoreOnly && strings.HasPrefix(key, p.Key()+".") {
			return false
		}
	}
	return true
}
