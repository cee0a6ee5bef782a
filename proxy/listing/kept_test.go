package listing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/scim"
)

// keeper shows attributes of a directory in memory as if a store had them.
type keeper struct {
	directory.Directory
	only  []string // attributes and extensions that only the store has
	gone  map[string]bool
	stale map[string]string // titles of the store that are not those of the users any more
	lists atomic.Int64
}

func (k *keeper) Capabilities() directory.Capabilities {
	able := k.Directory.Capabilities()
	able.Placements = map[scim.ResourceType]map[string]directory.Placement{scim.User: {}, scim.Group: able.Placements[scim.Group]}
	for key, placed := range k.Directory.Capabilities().Placements[scim.User] {
		if !slices.ContainsFunc(k.only, func(name string) bool { return key == name || strings.HasPrefix(key, name+":") }) {
			able.Placements[scim.User][key] = placed
		}
	}
	return able
}

func (k *keeper) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	k.lists.Add(1)
	return k.Directory.List(ctx, q)
}

// scan is the store's: the values of all users, and names that are sometimes wrong or missing.
func (k *keeper) scan(ctx context.Context, t scim.ResourceType, attrs []scim.AttrPath, after string, visit func(id, name string, values scim.Resource) (bool, error)) (bool, error) {
	if t != scim.User {
		return false, nil
	}
	var all []scim.Resource
	for more := true; more; {
		p, err := k.Directory.List(ctx, directory.Query{Type: t, Start: len(all) + 1, Count: 100})
		if err != nil {
			return false, err
		}
		all = append(all, p.Resources...)
		more = len(p.Resources) > 0
	}
	for id := range k.gone {
		all = append(all, scim.Resource{}.With("id", fmt.Sprintf("%q", id)).With("title", `"Boss"`))
	}
	slices.SortFunc(all, func(a, b scim.Resource) int { return strings.Compare(a.ID(), b.ID()) })
	for i, r := range all {
		if r.ID() <= after {
			continue
		}
		values := scim.Resource{}.With("id", r.Raw("id"))
		for _, a := range attrs {
			if raw := r.Get(a.Top()); raw != "" {
				values = values.Set(a.Top(), raw)
			}
		}
		if title, old := k.stale[r.ID()]; old {
			values = values.With("title", title)
		}
		if len(values.Names()) == 1 {
			continue // it has no record
		}
		name := []string{strings.ToLower(strings.Trim(r.Raw("userName"), `"`)), "", "someone else"}[i%7/3]
		if more, err := visit(r.ID(), name, values); err != nil || !more {
			return true, err
		}
	}
	return true, nil
}

// stored is a fixture whose titles, nicknames, departments and extensions are only in a store.
func stored(t *testing.T, limits listing.Limits) *fixture {
	t.Helper()
	s := build(limits)
	k := &keeper{Directory: s.below, only: []string{"title", "nickname", "timezone", "phonenumbers", "urn:example:1:user", strings.ToLower(scim.EnterpriseURN)}, gone: map[string]bool{}}
	o := s.Options
	o.Scan = k.scan
	s.Directory = listing.New(k, o)
	s.keeper = k
	return s
}

// Pages of a list over what the store has fit together, by index and by cursor, in every order,
// also if the store has records of resources that are gone.
func TestKeptPagesFitTogether(t *testing.T) {
	s := stored(t, wide)
	all := s.fill(t, 400)
	s.keeper.gone["gone-1"], s.keeper.gone["user-2000"], s.keeper.gone["zzz"] = true, true, true
	filter := func(text string) scim.Filter {
		f, err := scim.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for what, q := range map[string]directory.Query{
		"by title":          {Sort: directory.Sort{By: scim.MustPath("title")}},
		"title pr":          {Filter: filter("title pr")},
		"one title":         {Filter: filter(`title eq "clerk"`)},
		"titles by name":    {Filter: filter(`title co "s"`), Sort: directory.Sort{By: scim.MustPath("userName")}},
		"titles backwards":  {Filter: filter(`title co "s"`), Sort: directory.Sort{By: scim.MustPath("title"), Descending: true}},
		"with a native one": {Filter: filter(`title co "s" and active eq true`)},
		"or":                {Filter: filter(`title co "s" or urn:example:1:User:n gt 3`)},
		"no title":          {Filter: filter(`not (title pr)`)},
	} {
		q.Type = scim.User
		var want []string
		for _, r := range all {
			if q.Filter == nil || scim.CoreSchemas().Match(q.Filter, scim.User, r) {
				want = append(want, r.ID())
			}
		}
		slices.Sort(want)
		rng := rand.New(rand.NewPCG(1, 2))
		var byIndex, byCursor []string
		for q.Start = 1; q.Start <= max(1, len(want)); q.Start += q.Count {
			q.Count = 1 + rng.IntN(150)
			p, err := s.List(t.Context(), q)
			if err != nil || p.Total != len(want) {
				t.Fatalf("%s: %v, total %d, want %d", what, err, p.Total, len(want))
			}
			byIndex = append(byIndex, ids(p)...)
		}
		for cursor := new(""); cursor != nil; {
			q.Cursor, q.Count = cursor, 1+rng.IntN(150)
			p, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(what, err)
			}
			if byCursor = append(byCursor, ids(p)...); p.Next == "" {
				break
			}
			cursor = &p.Next
		}
		if q.Sort.By.IsZero() && what != "no title" && !slices.Equal(byIndex, byCursor) {
			t.Errorf("%s: another order by cursor", what)
		}
		slices.Sort(byIndex)
		slices.Sort(byCursor)
		if !slices.Equal(byIndex, want) || !slices.Equal(byCursor, want) {
			t.Errorf("%s: %d by index, %d by cursor, want %d", what, len(byIndex), len(byCursor), len(want))
		}
	}
}

// mostLists is how many lists read the resources that the store names.
const mostLists = 10

// A list over what the store has costs few calls below, however many resources there are.
func TestKeptListsDoNotWalk(t *testing.T) {
	for _, n := range []int{300, 900} {
		s := stored(t, wide)
		s.fill(t, n)
		for what, q := range map[string]directory.Query{
			"sorted":  {Sort: directory.Sort{By: scim.MustPath("title")}, Start: 1},
			"cursor":  {Filter: scim.Present{Attr: scim.MustPath("title")}, Cursor: new("")},
			"nothing": {Filter: scim.Compare{Attr: scim.MustPath("title"), Op: scim.Co, Value: `"nobody"`}, Start: 1},
		} {
			q.Type, q.Count = scim.User, 20
			before := s.keeper.lists.Load()
			if _, err := s.List(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			if lists := s.keeper.lists.Load() - before; lists > 2+mostLists {
				t.Errorf("%s of %d: %d lists", what, n, lists)
			}
		}
	}
}

// The order of the store is verified: a user whose value has changed since it was read from the
// store is left out of the page, like one who moves in any order, and not shown in a wrong place.
func TestKeptOrderIsVerified(t *testing.T) {
	s := stored(t, wide)
	all := s.fill(t, 60)
	s.keeper.stale = map[string]string{}
	for i, r := range all {
		if i%7 == 0 {
			s.keeper.stale[r.ID()] = `"AAA"`
		}
	}
	q := directory.Query{Type: scim.User, Sort: directory.Sort{By: scim.MustPath("title")}, Count: 9}
	for q.Start = 1; q.Start <= len(all); q.Start += q.Count {
		p, err := s.List(t.Context(), q)
		if err != nil || p.Total != len(all) {
			t.Fatal(err, p.Total)
		}
		inOrder(t, p, "title", false)
	}
}
