package protocol

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// unfoldSearch turns a POSTed query (RFC 7644 section 3.4.3) into a GET, so that rules see one
// form.
func unfoldSearch(w Request) (Request, error) {
	if w.ID != Search {
		return w, nil
	}
	if w.Method != "POST" {
		return w, scim.MethodNotAllowed(w.Method)
	}
	r, err := scim.ParseResource(w.Body)
	if err != nil {
		return w, err
	}
	if r.Raw("schemas") != "" && !hasSchema(r, scim.SearchURN) {
		return w, scim.InvalidSyntax("schemas does not name %s", scim.SearchURN)
	}
	w.Method, w.ID, w.Body, w.Query = "GET", "", nil, url.Values{}
	for _, name := range []string{"filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes"} {
		raw := r.Raw(name)
		if raw == "" || raw == "null" {
			continue
		}
		var values []string
		for e := range document.Values(raw) {
			values = append(values, document.Text(e))
		}
		w.Query.Set(name, strings.Join(values, ","))
	}
	return w, nil
}

func readProjection(w Request) (Projection, error) {
	var err error
	for _, list := range []struct {
		name string
		into *[]scim.AttrPath
	}{{"attributes", &w.Projection.Attributes}, {"excludedAttributes", &w.Projection.Excluded}} {
		for _, text := range w.Query[list.name] {
			for name := range strings.SplitSeq(text, ",") {
				if name = strings.TrimSpace(name); name == "" {
					continue
				}
				p, e := scim.ParseAttrPath(name)
				if e != nil {
					err = scim.InvalidValue("%s: %q is not an attribute", list.name, name)
					continue
				}
				*list.into = append(*list.into, p)
			}
		}
	}
	return w.Projection, err
}

// maxStart is the largest startIndex; no list has more resources. Keycloak reads it as a 32-bit
// number: above that it answers as if the realm had no SCIM API (measured).
const maxStart = math.MaxInt32

func (d Decoder) readQuery(w Request) (directory.Query, error) {
	q := directory.Query{Type: w.Type, Start: 1, Count: d.DefaultPage}
	var err error
	if text := w.Query.Get("filter"); text != "" {
		if q.Filter, err = scim.ParseFilter(text); err != nil {
			return q, err
		}
		if scim.Comparisons(q.Filter) > MaxTerms {
			return q, scim.InvalidFilter("the filter has more than %d comparisons", MaxTerms)
		}
	}
	if q.Sort, err = readSort(w.Query); err != nil {
		return q, err
	}
	if q.Start, err = readNumber(w.Query, "startIndex", 1); err != nil {
		return q, err
	}
	if q.Count, err = readNumber(w.Query, "count", d.DefaultPage); err != nil {
		return q, err
	}
	// RFC 7644 section 3.4.2.4: a startIndex below 1 means 1, a negative count means 0.
	q.Start, q.Count = min(max(q.Start, 1), maxStart), min(max(q.Count, 0), d.MaxPage)
	q.Fields = w.Projection.Fields(w.Type)
	if w.Query.Has("cursor") {
		if w.Query.Has("startIndex") {
			return q, scim.InvalidValue("cursor and startIndex exclude each other")
		}
		q.Cursor = new(w.Query.Get("cursor"))
	}
	return q, nil
}

func readSort(v url.Values) (directory.Sort, error) {
	var s directory.Sort
	by := v.Get("sortBy")
	if by == "" {
		return s, nil
	}
	p, err := scim.ParseAttrPath(by)
	if err != nil {
		return s, scim.InvalidValue("sortBy: %q is not an attribute", by)
	}
	s.By = p
	switch strings.ToLower(v.Get("sortOrder")) {
	case "", "ascending":
	case "descending":
		s.Descending = true
	default:
		return s, scim.InvalidValue("sortOrder is neither ascending nor descending")
	}
	return s, nil
}

func readNumber(v url.Values, name string, absent int) (int, error) {
	text := v.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, scim.InvalidValue("%s is not an integer", name)
	}
	return n, nil
}
