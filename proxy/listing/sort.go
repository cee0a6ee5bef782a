package listing

import (
	"cmp"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/position"
	"keycloak-scim-proxy/proxy/scim"
)

// row makes the row of a resource for a query whose order this one may not have, because the type
// has no such attribute. A cursor has no room for a long text, so a walk does not order by more.
func (s rowsOf) row(r scim.Resource, q directory.Query) row {
	out := row{t: s.q.Type, id: r.ID()}
	switch by := s.q.Sort.By; {
	case !by.IsZero():
		def, _ := s.d.Schemas.Lookup(s.q.Type, by)
		out.key = position.KeyOf(r, by, def)
	case !q.Sort.By.IsZero():
		out.key.Missing = true
	}
	if q.Cursor != nil {
		out.key = out.key.Short()
	}
	return out
}

// sort sorts rows, and those with equal keys by id, so that consecutive pages fit together.
func (s rowsOf) sort(rows []row) {
	if !s.q.Sort.By.IsZero() {
		slices.SortStableFunc(rows, s.compare)
	}
}

func (s rowsOf) compare(a, b row) int {
	order := a.key.Compare(b.key)
	if s.q.Sort.Descending {
		order = -order
	}
	return cmp.Or(order, strings.Compare(a.id, b.id))
}

// after returns the sorted rows behind another one, or all.
func (s rowsOf) after(rows []row, last *position.Row) []row {
	if last == nil {
		return rows
	}
	at := row{id: last.ID, key: last.Key}
	from := slices.IndexFunc(rows, func(r row) bool { return s.compare(r, at) > 0 })
	if from < 0 {
		return nil
	}
	return rows[from:]
}
