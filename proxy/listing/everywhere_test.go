package listing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// pages follows the cursors of a query to the end.
func (s *fixture) pages(t *testing.T, q directory.Query, between func(page int)) (all []scim.Resource, types []scim.ResourceType) {
	t.Helper()
	q.Cursor = new("")
	for n := 1; ; n++ {
		p, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Resources) > q.Count || len(p.Types) > 0 && len(p.Types) != len(p.Resources) {
			t.Fatalf("%d resources with %d types", len(p.Resources), len(p.Types))
		}
		all, types = append(all, p.Resources...), append(types, p.Types...)
		if p.Next == "" {
			return all, types
		}
		q.Cursor = &p.Next
		if between != nil {
			between(n)
		}
	}
}

func idsOf(all []scim.Resource) []string { return ids(directory.Page{Resources: all}) }

// A walk by cursor in any order has the resources of the same list by index, in its order.
func TestSortedCursors(t *testing.T) {
	s := build(wide)
	s.fill(t, 45)
	filters := []string{"", "active eq true", "title pr"}
	for _, by := range []string{"title", "userName", "name.givenName", "active", "meta.created", "emails", "urn:example:1:User:n", "id"} {
		for _, descending := range []bool{false, true} {
			q := directory.Query{Type: scim.User, Start: 1, Count: 100, Sort: directory.Sort{By: scim.MustPath(by), Descending: descending}}
			for _, text := range filters {
				if q.Filter = nil; text != "" {
					q.Filter, _ = scim.ParseFilter(text)
				}
				want, err := s.List(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				walk := q
				walk.Count = 7
				if got, _ := s.pages(t, walk, nil); !slices.Equal(idsOf(got), ids(want)) {
					t.Errorf("%s %v %q\ngot  %v\nwant %v", by, descending, text, idsOf(got), ids(want))
				}
			}
		}
	}
}

// Others may create and delete between two pages: nothing that stays is missed or comes twice, also
// if the texts are too long for a cursor.
func TestSortedCursorsWhileOthersWrite(t *testing.T) {
	s := build(wide)
	long := strings.Repeat("ä", 300)
	var stay []string
	var leave []scim.Ref
	for i := range 40 {
		r := s.put(t, document.Must(fmt.Sprintf(`{"userName":"u%02d","title":%q}`, i, long+fmt.Sprint(i%7))))
		if i%4 == 0 {
			leave = append(leave, scim.Ref{Type: scim.User, ID: r.ID()})
		} else {
			stay = append(stay, r.ID())
		}
	}
	q := directory.Query{Type: scim.User, Count: 5, Sort: directory.Sort{By: scim.MustPath("title"), Descending: true}}
	got, _ := s.pages(t, q, func(page int) {
		for range min(2, len(leave)) {
			if err := s.below.Delete(t.Context(), leave[0]); err != nil {
				t.Fatal(err)
			}
			leave = leave[1:]
		}
		if page < 4 {
			s.put(t, document.Must(fmt.Sprintf(`{"userName":"new%02d","title":"a"}`, page)))
		}
	})
	seen := map[string]int{}
	for _, id := range idsOf(got) {
		seen[id]++
	}
	for _, id := range stay {
		if seen[id] != 1 {
			t.Errorf("%s came %d times", id, seen[id])
		}
	}
}

// A search over all types has sorting and cursors, and they agree.
func TestEverywhere(t *testing.T) {
	for name, limits := range map[string]listing.Limits{"wide": wide, "a resource or two fill a page": {Scan: 10000, Page: 500, Bytes: 500, InFlight: 4}} {
		s := build(limits)
		s.fill(t, 23)
		for i := range 9 {
			if _, err := s.below.Create(t.Context(), scim.Group, document.Must(fmt.Sprintf(`{"displayName":"user%03dg","externalId":"E%d"}`, i, i))); err != nil {
				t.Fatal(err)
			}
		}
		for text, want := range map[string]int{"": 32, "displayName pr": 9, "userName pr": 23, `externalId eq "E3"`: -1, `active eq true`: -1, "externalId pr": -1} {
			for _, sort := range []directory.Sort{{}, {By: scim.MustPath("externalId")}, {By: scim.MustPath("userName"), Descending: true}, {By: scim.MustPath("meta.created")}, {By: scim.MustPath("id"), Descending: true}} {
				q := directory.Query{Count: 4, Sort: sort}
				if text != "" {
					q.Filter, _ = scim.ParseFilter(text)
				}
				walked, types := s.pages(t, q, nil)
				var listed []scim.Resource
				for total := -1; total < 0 || len(listed) < total; {
					q.Start = len(listed) + 1
					p, err := s.List(t.Context(), q)
					if err != nil || len(p.Resources) == 0 && p.Total > len(listed) || len(p.Types) != len(p.Resources) {
						t.Fatal(err, p.Total, len(listed), len(p.Types))
					}
					listed, total = append(listed, p.Resources...), p.Total
				}
				if !slices.Equal(idsOf(walked), idsOf(listed)) || want >= 0 && len(listed) != want {
					t.Errorf("%s: %q %v\nby cursor %v\nby index  %v", name, text, sort, idsOf(walked), idsOf(listed))
				}
				for i, r := range walked {
					if group := strings.HasPrefix(r.ID(), "group"); group != (types[i] == scim.Group) {
						t.Errorf("%s is a %s", r.ID(), types[i])
					}
				}
			}
		}
	}
	s := build(wide)
	for _, q := range []directory.Query{{Sort: directory.Sort{By: scim.MustPath("nonsense")}}, {Filter: scim.Present{Attr: scim.MustPath("nonsense")}}, {Cursor: new("AAAA")}, {Cursor: new("AAAA"), Sort: directory.Sort{By: scim.MustPath("title")}}} {
		if _, err := s.List(t.Context(), q); scim.Status(err) != 400 {
			t.Errorf("%+v: %v", q, err)
		}
	}
}
