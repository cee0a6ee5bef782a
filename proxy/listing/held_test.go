package listing_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
)

// Reading the resources that the store names holds some of them at a time, like a walk: a filter
// that many match is not refused for the memory of those that were looked at.
func TestKeptListsHoldFewResources(t *testing.T) {
	held := func(n int) int64 {
		s := stored(t, wide)
		s.fill(t, n)
		m := meter.New(1 << 40)
		ctx, share := m.With(t.Context())
		defer share.End()
		if err := meter.Take(ctx, 1<<20); err != nil { // what is free for each request
			t.Fatal(err)
		}
		clerks := scim.Compare{Attr: scim.MustPath("title"), Op: scim.Sw, Value: `"clerk"`}
		p, err := s.List(ctx, directory.Query{Type: scim.User, Filter: clerks, Start: 1, Count: 5})
		if err != nil || len(p.Resources) != 5 {
			t.Fatal(err, len(p.Resources))
		}
		return m.Held()
	}
	if few, many := held(200), held(1200); many > 2*few {
		t.Errorf("%d bytes are held of 200 users, %d of 1,200", few, many)
	}
}
