package storetest

import (
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/store"
)

func rewrites(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	fails(t, "rewrite of an absent record", s.Rewrite(t.Context(), "u1", store.Record{}), store.ErrConflict)
	fails(t, "rewrite of an absent record at a revision", s.Rewrite(t.Context(), "u1", store.Record{Rev: 1}), store.ErrConflict)
	want(t, s, nil, "u1")
	first := save(t, s, "u1", store.Record{Body: []byte("1"), Terms: []string{"a", "b"}})
	r := store.Record{Rev: first, Body: []byte("2"), Terms: []string{"b", "c"}}
	for range 2 { // the second time is a retry after a lost answer
		if err := s.Rewrite(t.Context(), "u1", store.Record{Rev: first, Body: []byte("2"), Terms: []string{"c", "b", "c"}}); err != nil {
			t.Fatal(err)
		}
		want(t, s, map[string]store.Record{"u1": r}, "u1")
		finds(t, s, nil, "a")
		finds(t, s, []string{"u1"}, "b")
		finds(t, s, []string{"u1"}, "c")
	}
	last := save(t, s, "u1", store.Record{Rev: first, Body: []byte("3"), Terms: []string{"d"}}) // a writer that loaded it before the rewrite
	fails(t, "rewrite of an earlier revision", s.Rewrite(t.Context(), "u1", r), store.ErrConflict)
	want(t, s, map[string]store.Record{"u1": {Rev: last, Body: []byte("3"), Terms: []string{"d"}}}, "u1")
	finds(t, s, nil, "a", "b", "c")
	if err := s.Delete(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	fails(t, "rewrite of a deleted record", s.Rewrite(t.Context(), "u1", store.Record{Rev: last}), store.ErrConflict)
	want(t, s, nil, "u1")
	scans(t, s, nil, 10)
}

// Names that are special to some engine, and records and locks whose names look like those of a
// space.
func spacesListed(t *testing.T, e store.Engine) {
	var names []string
	if got, err := e.Spaces(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("a new store has the spaces %q, %v", got, err)
	}
	for _, n := range []string{"realm.acme", "pending.acme", "a", "A", "a:ids", "ids", "{", "}", "{a}:ids", "*", "%", "%41", "é", "\xff", "\x00", strings.Repeat("{", store.MaxID)} {
		names = append(names, n)
		s := e.Open(n)
		for _, id := range []string{"u1", ":ids", "{b}:ids", "r:x:ids"} {
			save(t, s, id, store.Record{Terms: []string{":ids"}})
		}
		unlock, err := s.Lock(t.Context(), "{l}:ids", patience)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
	if _, err := e.Open("only read").Load(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	got, err := e.Spaces(t.Context())
	got = slices.DeleteFunc(got, func(n string) bool { return n == "only read" }) // it may be listed or not
	if err != nil || !slices.Equal(got, names) {
		t.Errorf("spaces %.60q, %v; want %.60q", got, err, names)
	}
}
