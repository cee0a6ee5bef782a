package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/store"
)

func roundTrip(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	records, ids := map[string]store.Record{}, []string{"absent"}
	for name, r := range map[string]store.Record{
		"json":           {Body: []byte(`{"a":{"asked":"<é>","witness":""}}`), Terms: []string{"externalid\x00k1"}},
		"empty":          {},
		"any bytes":      {Body: all, Terms: []string{string(all)}},
		"invalid UTF-8":  {Body: []byte("a\xff\xfe\xc0\xaf"), Terms: []string{"\xff\xfe"}},
		"256 KiB":        {Body: bytes.Repeat([]byte("0123456789abcdef"), 16<<10)},
		"begins sealed":  {Body: []byte("\x00sealed\x01 it says")},
		"longest term":   {Terms: []string{strings.Repeat("\x00", store.MaxTerm)}},
		"terms as a set": {Terms: []string{"b", "a", "b"}},
	} {
		r.Rev = save(t, s, name, r)
		if name == "terms as a set" {
			r.Terms = []string{"a", "b"}
		}
		records[name] = r
		want(t, s, map[string]store.Record{name: r}, name)
		ids = append(ids, name)
	}
	want(t, s, records, ids...)
	want(t, s, nil, "absent")
	want(t, s, nil)
}

// Names that are special to some engine, or that collide if they are escaped badly.
func anyName(t *testing.T, e store.Engine) {
	names := []string{
		"a", "A", "a:b", "a%3Ab", "%", "{", "}", "{a}", "}{", "a/../b", "*", "a b", "a\x00b", "\x00", "\x01", "é", "\xff", "r:a", "ids", "terms",
		"create:User:Ada@Example.com", strings.Repeat("{", store.MaxID),
	}
	want1 := func(s store.Space, name string, r store.Record) {
		t.Helper()
		want(t, s, map[string]store.Record{name: r}, name)
		finds(t, s, []string{name}, "is "+name)
	}
	s, kept := e.Open("acme"), map[string]store.Record{}
	for _, n := range names {
		r := store.Record{Body: []byte(n), Terms: []string{"is " + n}}
		r.Rev = save(t, s, n, r)
		kept[n] = r
	}
	for n, r := range kept {
		want1(s, n, r)
	}
	for _, n := range names { // as tenants, each with a record of the same id
		r := store.Record{Body: []byte("of " + n), Terms: []string{"is u"}}
		r.Rev = save(t, e.Open(n), "u", r)
		kept[n] = r
	}
	for n, r := range kept {
		want1(e.Open(n), "u", r)
	}
}

// One body is small, and one is so large that an engine may return it from memory of its own.
func noAliases(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	for id, size := range map[string]int{"small": 4, "large": 64 << 10} {
		r := store.Record{Body: bytes.Repeat([]byte("b"), size), Terms: []string{"b", "a"}}
		kept := map[string]store.Record{id: {Rev: save(t, s, id, r), Body: bytes.Clone(r.Body), Terms: []string{"a", "b"}}}
		if r.Terms[0] != "b" {
			t.Error("Save sorted the caller's terms")
		}
		r.Body[0], r.Terms[0] = 'X', "X"
		want(t, s, kept, id)
		loaded, err := s.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		loaded[id].Body[0], loaded[id].Terms[0] = 'X', "X"
		want(t, s, kept, id)
		ids := append(make([]string, 0, 2), id)
		want(t, s, kept, ids...)
		if extra := ids[:2][1]; extra != "" {
			t.Errorf("Load wrote %q behind the caller's ids", extra)
		}
	}
}

func compareAndSwap(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	_, err := s.Save(t.Context(), "u1", store.Record{Rev: 7})
	fails(t, "update of an absent record", err, store.ErrConflict)
	first := save(t, s, "u1", store.Record{Body: []byte("1")})
	if first == 0 {
		t.Error("Save returned revision 0")
	}
	_, err = s.Save(t.Context(), "u1", store.Record{Body: []byte("x")})
	fails(t, "second create", err, store.ErrConflict)
	second := save(t, s, "u1", store.Record{Rev: first, Body: []byte("2")})
	_, err = s.Save(t.Context(), "u1", store.Record{Rev: first, Body: []byte("x")})
	fails(t, "stale update", err, store.ErrConflict)
	_, err = s.Save(t.Context(), "u1", store.Record{Rev: second + 1, Body: []byte("x")})
	fails(t, "update of a revision to come", err, store.ErrConflict)
	want(t, s, map[string]store.Record{"u1": {Rev: second, Body: []byte("2")}}, "u1")
}

// revisionsRise covers the ABA problem: a writer from before a deletion must not meet its old
// revision again.
func revisionsRise(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	seen := map[uint64]bool{}
	var last uint64
	for round := range 3 {
		var rev uint64
		for range 3 {
			rev = save(t, s, "u1", store.Record{Rev: rev, Body: fmt.Appendf(nil, "%d", round)})
			if rev <= last {
				t.Errorf("revision %d follows %d", rev, last)
			}
			last, seen[rev] = rev, true
		}
		if err := s.Delete(t.Context(), "u1"); err != nil {
			t.Fatal(err)
		}
	}
	now := save(t, s, "u1", store.Record{Body: []byte("now")})
	for rev := range seen {
		_, err := s.Save(t.Context(), "u1", store.Record{Rev: rev, Body: []byte("stale")})
		fails(t, "save over an earlier life", err, store.ErrConflict)
	}
	want(t, s, map[string]store.Record{"u1": {Rev: now, Body: []byte("now")}}, "u1")
}

func refusedSave(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	r := store.Record{Body: []byte("kept"), Terms: []string{"old"}}
	r.Rev = save(t, s, "u1", r)
	_, err := s.Save(t.Context(), "u1", store.Record{Rev: r.Rev + 1, Body: []byte("lost"), Terms: []string{"new"}})
	fails(t, "stale save", err, store.ErrConflict)
	_, err = s.Save(t.Context(), "u2", store.Record{Rev: 1, Terms: []string{"new"}})
	fails(t, "save of an absent record", err, store.ErrConflict)
	want(t, s, map[string]store.Record{"u1": r}, "u1", "u2")
	finds(t, s, []string{"u1"}, "old")
	finds(t, s, nil, "new")
	scans(t, s, []string{"u1"}, 10)
}

func deletes(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	for _, id := range []string{"u1", "u2", "u3"} {
		save(t, s, id, store.Record{Terms: []string{"all", id}})
	}
	for _, ids := range [][]string{{"u1", "absent", "u3", "u3"}, {"u1"}, {}} {
		if err := s.Delete(t.Context(), ids...); err != nil {
			t.Errorf("Delete(%q): %v", ids, err)
		}
	}
	finds(t, s, []string{"u2"}, "all", "u1", "u3")
	scans(t, s, []string{"u2"}, 10)
	got, err := s.Load(t.Context(), "u1", "u2", "u3")
	if err != nil || len(got) != 1 {
		t.Errorf("Load after Delete: %v, %v", got, err)
	}
	if err := e.Open("empty").Delete(t.Context(), "u1"); err != nil {
		t.Errorf("Delete in an empty space: %v", err)
	}
}
