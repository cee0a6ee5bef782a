package kept

import (
	"context"
	"fmt"

	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Resource is what a record tells of a resource.
type Resource struct {
	ID string
	// Name is the userName or displayName that a caller saw after the last write, in lower case
	// unless the record has its spelling. It may have changed in Keycloak since, and is "" if the
	// record does not tell.
	Name string
	// Values has the id, and the kept values of the attributes that were asked for.
	Values scim.Resource
}

const (
	firstPage   = 64
	largestPage = 512
	pageBytes   = 2 << 20 // what the bodies of a page should have
	scanFactor  = 3       // bytes of memory for a byte of a body
)

// Scan calls visit for the records of a type whose ids are behind another one ("" is the start), in
// the order of their ids, until visit returns false or an error. A record has a value of an
// attribute if its override has a requested value and "" as the observed one. For an attribute that
// is StoreOnly now, these are exactly the values that the overlay answers, because Keycloak shows
// none (record.Merge). For other attributes the values mean nothing. attrs names the attributes
// that are needed, and none means all.
//
// The resource of a record may be gone. A resource without a record has no kept values. A record of
// an early release has no type and is visited for each. Scan holds one page of records at a time,
// and counts it with package meter. It returns the errors of visit unchanged, and those of the
// store wrapped.
func Scan(ctx context.Context, s store.Space, t scim.ResourceType, attrs []scim.AttrPath, after string, visit func(Resource) (bool, error)) error {
	needed := record.Selecting(attrs)
	n := firstPage
	for more := true; more; more = after != "" {
		page, next, err := s.Page(ctx, after, n)
		if err != nil {
			return fmt.Errorf("kept: scan: %w", err)
		}
		size := 0
		for _, e := range page {
			size += len(e.Body)
		}
		if err := meter.Take(ctx, scanFactor*size); err != nil {
			return scim.Busy(err)
		}
		on, err := visitPage(page, t, needed, visit)
		meter.Give(ctx, scanFactor*size)
		if err != nil || !on {
			return err
		}
		if len(page) > 0 { // the next page has about as large records
			n = min(max(pageBytes*len(page)/max(size, 1), 1), largestPage)
		}
		after = next
	}
	return nil
}

func visitPage(page []store.Entry, t scim.ResourceType, needed record.Selection, visit func(Resource) (bool, error)) (on bool, err error) {
	for _, e := range page {
		if e.ID == record.EarlierKey {
			continue
		}
		rec, err := record.ReadChosen(e.Body, needed)
		if err != nil {
			return false, fmt.Errorf("kept: record %q: %w: %w", e.ID, store.ErrUnreadable, err)
		}
		if rec.Type != t && rec.Type != "" || rec.Pending != nil {
			continue
		}
		if on, err := visit(Resource{ID: e.ID, Name: rec.Name(t, e.Terms), Values: rec.Values(e.ID, needed)}); err != nil || !on {
			return false, err
		}
	}
	return true, nil
}
