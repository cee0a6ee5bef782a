package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"keycloak-scim-proxy/proxy/store"
)

func indexFollows(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	finds(t, s, nil, "x")
	u1 := save(t, s, "u1", store.Record{Terms: []string{"a", "b"}})
	save(t, s, "u2", store.Record{Terms: []string{"b", "c"}})
	finds(t, s, []string{"u1"}, "a")
	finds(t, s, []string{"u1", "u2"}, "b")
	finds(t, s, []string{"u1", "u2"}, "c", "b", "a", "b", "nothing")
	finds(t, s, nil)

	u1 = save(t, s, "u1", store.Record{Rev: u1, Terms: []string{"b", "d"}})
	finds(t, s, nil, "a")
	finds(t, s, []string{"u1", "u2"}, "b")
	finds(t, s, []string{"u1"}, "d")

	save(t, s, "u1", store.Record{Rev: u1})
	finds(t, s, nil, "a", "d")
	finds(t, s, []string{"u2"}, "b")

	if err := s.Delete(t.Context(), "u2"); err != nil {
		t.Fatal(err)
	}
	finds(t, s, nil, "a", "b", "c", "d")
	save(t, s, "u2", store.Record{Terms: []string{"e"}})
	finds(t, s, nil, "b", "c")
	finds(t, s, []string{"u2"}, "e")
}

// Some pairs of a term and an id give the same entry in an engine that joins them carelessly.
func termsAreExact(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	terms := []string{"a", "ab", "a\x00", "a\x00b", "a\x01", "a\x01\x01", "a\x01\x02", "\x00", "\x01", "\x02", "\x00\x00", "a:b", "A", "á", "a*", "[a", "(a", "a\xff"}
	ids := []string{"b", "b\x00c", "\x00b", "\x01"}
	for _, id := range ids {
		for i, term := range terms {
			save(t, s, id+strconv.Itoa(i), store.Record{Terms: []string{term}})
		}
	}
	for i, term := range terms {
		var expected []string
		for _, id := range ids {
			expected = append(expected, id+strconv.Itoa(i))
		}
		slices.Sort(expected)
		finds(t, s, expected, term)
	}
	finds(t, s, nil, "a\x00b\x00", "b", "aa", "\x00b")
}

// randomWalk makes the same changes to a space and to a map, and compares them on the way. The seed
// is fixed, so that a failure can be repeated.
func randomWalk(t *testing.T, e store.Engine) {
	s, random := e.Open("acme"), rand.New(rand.NewPCG(7643, 7644))
	names := []string{"a", "b", "ab", "a\x00", "{a}", "\x01"}
	model := map[string]store.Record{}
	for step := range 300 {
		id, term := names[random.IntN(len(names))], names[random.IntN(len(names))]
		switch random.IntN(8) {
		case 0:
			if err := s.Delete(t.Context(), id, term); err != nil {
				t.Fatal(err)
			}
			delete(model, id)
			delete(model, term)
		case 1, 2, 3:
			walkSave(t, s, model, id, store.Record{Rev: uint64(random.IntN(2)) * model[id].Rev, Body: fmt.Append(nil, step), Terms: names[:random.IntN(4)]})
		case 4:
			walkSave(t, s, model, id, store.Record{Rev: model[id].Rev, Body: fmt.Append(nil, step), Terms: []string{term}})
		case 5:
			var expected []string
			for id, r := range model {
				if slices.Contains(r.Terms, term) {
					expected = append(expected, id)
				}
			}
			slices.Sort(expected)
			finds(t, s, expected, term)
		case 6:
			want(t, s, model, names...)
		case 7:
			scans(t, s, slices.Sorted(maps.Keys(model)), 1+random.IntN(4))
		}
	}
}

func walkSave(t *testing.T, s store.Space, model map[string]store.Record, id string, r store.Record) {
	t.Helper()
	rev, err := s.Save(t.Context(), id, r)
	if conflict := model[id].Rev != r.Rev; conflict != errors.Is(err, store.ErrConflict) || !conflict && err != nil {
		t.Fatalf("Save(%q, rev %d) over rev %d: %v", id, r.Rev, model[id].Rev, err)
	}
	if err == nil {
		r.Rev, r.Terms = rev, slices.Sorted(slices.Values(r.Terms))
		model[id] = r
	}
}
