package listing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// sortKey orders the values of an attribute. A missing value is last in ascending and first in
// descending order (RFC 7644 section 3.4.2.3).
type sortKey struct {
	missing bool
	number  float64
	text    string
}

// row makes the row of a resource for a query whose order this one may not have, because the type
// has no such attribute. A cursor has no room for a long text, so the walk does not order by more.
func (s rowsOf) row(r scim.Resource, q directory.Query) row {
	out := row{t: s.q.Type, id: r.ID(), key: s.key(r)}
	out.key.missing = out.key.missing || s.q.Sort.By.IsZero() && !q.Sort.By.IsZero()
	if q.Cursor != nil {
		out.key.text = short(out.key.text)
	}
	return out
}

func (s rowsOf) key(r scim.Resource) sortKey {
	by := s.q.Sort.By
	if by.IsZero() {
		return sortKey{}
	}
	raw := valueOf(r.Get(by.Top()), by.Sub)
	if document.Unassigned(raw) {
		return sortKey{missing: true}
	}
	def, _ := s.d.Schemas.Lookup(s.q.Type, by)
	text := document.Text(raw)
	switch {
	case raw == "true" || raw == "false":
		return sortKey{number: map[bool]float64{true: 1}[raw == "true"]}
	case def.Type == "dateTime":
		if t, err := scim.ParseDateTime(text); err == nil {
			return sortKey{number: float64(t.UnixMilli())}
		}
	case !document.IsText(raw):
		if n, err := strconv.ParseFloat(raw, 64); err == nil {
			return sortKey{number: n}
		}
	}
	if !def.CaseExact {
		text = strings.ToLower(text)
	}
	return sortKey{text: text}
}

// valueOf returns the value to sort by: the primary value of a multi-valued attribute, else its
// first.
func valueOf(raw, sub string) string {
	es := document.Elements(raw)
	if len(es) == 0 {
		return ""
	}
	pick := es[0]
	for _, e := range es {
		if r, err := scim.ParseResource([]byte(e)); err == nil && r.Raw("primary") == "true" {
			pick = e
			break
		}
	}
	if sub == "" {
		return pick
	}
	r, err := scim.ParseResource([]byte(pick))
	if err != nil {
		return ""
	}
	return r.Raw(sub)
}

// sort sorts rows, and those with equal keys by id, so that consecutive pages fit together.
func (s rowsOf) sort(rows []row) {
	if !s.q.Sort.By.IsZero() {
		slices.SortStableFunc(rows, s.compare)
	}
}

func (s rowsOf) compare(a, b row) int {
	order := compareKeys(a.key, b.key)
	if s.q.Sort.Descending {
		order = -order
	}
	return cmp.Or(order, strings.Compare(a.id, b.id))
}

func compareKeys(a, b sortKey) int {
	switch {
	case a.missing && b.missing:
		return 0
	case a.missing:
		return 1
	case b.missing:
		return -1
	}
	return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
}
