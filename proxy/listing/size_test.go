package listing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A page of large resources has fewer of them. A caller that reads all pages, by index or by
// cursor, gets each resource exactly once, however the pages are made.
func TestPagesAreBoundedInBytes(t *testing.T) {
	const budget = 10_000
	s := build(listing.Limits{Scan: 10000, Page: 500, Bytes: budget, InFlight: 4})
	var want []string
	for i := range 120 {
		size := 400
		if i%50 == 7 {
			size = 3 * budget // a resource larger than a page gets its own page
		}
		made := s.put(t, document.Must(fmt.Sprintf(`{"userName":"user%03d","active":true,"title":%q,"externalId":"all"}`, i, strings.Repeat("x", size))))
		want = append(want, made.ID())
		s.index[key(scim.User, scim.AttrPath{Name: "externalId"}, "all")] = []string{"too", "many"}
	}
	byName := directory.Sort{By: scim.AttrPath{Name: "userName"}}
	down := directory.Sort{By: scim.AttrPath{Name: "userName"}, Descending: true}
	decided, err := scim.ParseFilter(`title sw "x"`)
	if err != nil {
		t.Fatal(err)
	}
	for what, q := range map[string]directory.Query{
		"own order": {}, "by name": {Sort: byName}, "descending": {Sort: down}, "by title": {Sort: directory.Sort{By: scim.AttrPath{Name: "title"}}},
		"a filter that is decided here": {Filter: decided}, "cursor": {Cursor: new("")}, "cursor behind such a filter": {Cursor: new(""), Filter: decided},
	} {
		q.Type, q.Count, q.Start = scim.User, 115, 1
		var got []string
		for range 60 {
			p, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(what, err)
			}
			size := 0
			for _, r := range p.Resources {
				size += len(r.String())
				got = append(got, r.ID())
			}
			if size > budget && len(p.Resources) > 1 {
				t.Errorf("%s: a page of %d bytes", what, size)
			}
			if q.Cursor == nil && p.Total != len(want) {
				t.Errorf("%s: total %d", what, p.Total)
			}
			q.Start += len(p.Resources)
			if q.Cursor != nil {
				q.Cursor = &p.Next
			}
			if q.Cursor == nil && q.Start > p.Total || q.Cursor != nil && p.Next == "" {
				break
			}
		}
		slices.Sort(got)
		sorted := slices.Sorted(slices.Values(want))
		if !slices.Equal(got, sorted) {
			t.Errorf("%s: %d resources were met, %d are there", what, len(got), len(want))
		}
	}
}

// A page for which there is no memory is refused with 503 and Retry-After.
func TestPageTakesFromTheMeter(t *testing.T) {
	s := build(wide)
	s.put(t, document.Must(fmt.Sprintf(`{"userName":"user","title":%q}`, strings.Repeat("x", 1<<20))))
	m := meter.New(1 << 20)
	ctx, share := m.With(t.Context())
	_, err := s.List(ctx, directory.Query{Type: scim.User, Count: 10, Start: 1})
	if e := scim.AsError(err); e.Status != 503 || e.RetryAfter == 0 || !errors.Is(err, meter.ErrFull) {
		t.Error(err)
	}
	share.End()
	if m.Held() != 0 {
		t.Errorf("%d bytes are held for nobody", m.Held())
	}
}
