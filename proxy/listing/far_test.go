package listing_test

import (
	"math"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// A page far behind the end is empty, in every order and by every way, and the time that it takes
// does not depend on how far.
func TestPagesFarBehindTheEnd(t *testing.T) {
	for what, s := range map[string]*fixture{"below": build(wide), "stored": stored(t, wide)} {
		s.fill(t, 300)
		title := scim.Present{Attr: scim.MustPath("title")}
		for _, start := range []int{301, 1 << 31, math.MaxInt/2 + 1, math.MaxInt - 10, math.MaxInt} {
			for name, q := range map[string]directory.Query{
				"all":        {},
				"backwards":  {Sort: directory.Sort{By: scim.MustPath("userName"), Descending: true}},
				"filtered":   {Filter: title},
				"sorted":     {Sort: directory.Sort{By: scim.MustPath("title")}},
				"both":       {Filter: title, Sort: directory.Sort{By: scim.MustPath("title"), Descending: true}},
				"every type": {Sort: directory.Sort{By: scim.MustPath("displayName")}},
			} {
				if name != "every type" {
					q.Type = scim.User
				}
				q.Start, q.Count = start, 100
				p, err := s.List(t.Context(), q)
				if err != nil || len(p.Resources) > 0 || p.Total == 0 {
					t.Errorf("%s %s from %d: %v, %d of %d", what, name, start, err, len(p.Resources), p.Total)
				}
			}
		}
	}
}
