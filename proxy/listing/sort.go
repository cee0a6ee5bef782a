package listing

import (
	"cmp"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/position"
	"keycloak-scim-proxy/proxy/scim"
)

// row makes the row of a resource for a query whose order this one may not have, because the type
// has no such attribute. A cursor has no room for a long text, so a walk does not order by more.
func (s rowsOf) row(r scim.Resource, q directory.Query) row {
	out := row{wanted: wantedOf(s.q.Type, r)}
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

// compare orders rows with equal keys by id, so that consecutive pages fit together.
func (s rowsOf) compare(a, b row) int {
	order := a.key.Compare(b.key)
	if s.q.Sort.Descending {
		order = -order
	}
	return cmp.Or(order, byID(a, b))
}

// order is how rows are compared, or nil if they stay as they are found.
func (s rowsOf) order() func(a, b row) int {
	if s.q.Sort.By.IsZero() {
		return nil
	}
	return s.compare
}

// first keeps the first rows of many in an order, and counts all.
type first struct {
	most    int
	compare func(a, b row) int // nil: as they are added
	after   *position.Row      // only rows after this one; nil: all
	total   int
	kept    []row
}

func (f *first) add(r row) {
	f.total++
	switch {
	case f.compare == nil && len(f.kept) >= f.most:
		return
	case f.after != nil && f.compare(r, row{wanted: wanted{Ref: scim.Ref{ID: f.after.ID}}, key: f.after.Key}) <= 0:
		return
	}
	if f.kept = append(f.kept, r); f.compare != nil && len(f.kept) >= 2*f.most+spare {
		f.kept = f.rows()
	}
}

// spare is how many rows more are kept than needed, so that they are not sorted for each one.
const spare = 256

// rows returns the first rows in order.
func (f *first) rows() []row {
	if f.compare != nil {
		slices.SortStableFunc(f.kept, f.compare)
	}
	return slices.Clone(f.kept[:min(f.most, len(f.kept))])
}
