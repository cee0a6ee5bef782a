package scim

import (
	"net/url"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// unfoldSearch makes a POSTed query (RFC 7644 section 3.4.3) the same as a GET, so that rules see one form.
func unfoldSearch(w Wire) (Wire, error) {
	if w.ID != Search {
		return w, nil
	}
	if w.Method != "POST" {
		return w, MethodNotAllowed(w.Method)
	}
	r, err := ParseResource(w.Body)
	if err != nil {
		return w, err
	}
	if r.Raw("schemas") != "" && !hasSchema(r, SearchURN) {
		return w, InvalidSyntax("schemas does not name %s", SearchURN)
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

func readWant(w Wire) (Want, error) {
	var err error
	for _, list := range []struct {
		name string
		into *[]AttrPath
	}{{"attributes", &w.Want.Attributes}, {"excludedAttributes", &w.Want.Excluded}} {
		for _, text := range w.Query[list.name] {
			for name := range strings.SplitSeq(text, ",") {
				if name = strings.TrimSpace(name); name == "" {
					continue
				}
				p, e := ParseAttrPath(name)
				if e != nil {
					err = InvalidValue("%s: %q is not an attribute", list.name, name)
					continue
				}
				*list.into = append(*list.into, p)
			}
		}
	}
	return w.Want, err
}

func (d Decoder) readQuery(w Wire) (Query, error) {
	q := Query{Type: w.Type, Start: 1, Count: d.DefaultPage}
	var err error
	if text := w.Query.Get("filter"); text != "" {
		if q.Filter, err = ParseFilter(text); err != nil {
			return q, err
		}
		if size(q.Filter) > MaxTerms {
			return q, InvalidFilter("the filter has more than %d comparisons", MaxTerms)
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
	// RFC 7644 section 3.4.2.4: a start below 1 is 1, a negative count is 0.
	q.Start, q.Count = max(q.Start, 1), min(max(q.Count, 0), d.MaxPage)
	q.Need = w.Want.Need(w.Type)
	if w.Query.Has("cursor") {
		if w.Query.Has("startIndex") {
			return q, InvalidValue("cursor and startIndex exclude each other")
		}
		q.Cursor = new(w.Query.Get("cursor"))
	}
	return q, nil
}

func readSort(v url.Values) (Sort, error) {
	var s Sort
	by := v.Get("sortBy")
	if by == "" {
		return s, nil
	}
	p, err := ParseAttrPath(by)
	if err != nil {
		return s, InvalidValue("sortBy: %q is not an attribute", by)
	}
	s.By = p
	switch strings.ToLower(v.Get("sortOrder")) {
	case "", "ascending":
	case "descending":
		s.Descending = true
	default:
		return s, InvalidValue("sortOrder is neither ascending nor descending")
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
		return 0, InvalidValue("%s is not an integer", name)
	}
	return n, nil
}
