package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/store"
)

func savesAndDeletes(t *testing.T, e store.Engine) {
	s, other := e.Open("realm.acme"), e.Open("pending.acme")
	if s.Name() != "realm.acme" || other.Name() != "pending.acme" {
		t.Errorf("names %q and %q", s.Name(), other.Name())
	}
	for _, id := range []string{"p1", "p2", "p3"} {
		save(t, other, id, store.Record{Terms: []string{"t", id}})
	}
	save(t, s, "p1", store.Record{}) // the same id in the space itself
	rev, err := s.SaveAndDelete(t.Context(), "u1", store.Record{Body: []byte("1"), Terms: []string{"a"}}, other.Name(), "p1", "absent", "p3")
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, map[string]store.Record{"u1": {Rev: rev, Body: []byte("1"), Terms: []string{"a"}}}, "u1")
	finds(t, s, []string{"u1"}, "a")
	scans(t, s, []string{"p1", "u1"}, 10)
	scans(t, other, []string{"p2"}, 10)
	finds(t, other, []string{"p2"}, "t", "p1", "p3")

	for _, r := range []store.Record{{}, {Rev: rev + 1}} { // a refused save deletes nothing
		_, err := s.SaveAndDelete(t.Context(), "u1", r, other.Name(), "p2")
		fails(t, "SaveAndDelete of another revision", err, store.ErrConflict)
	}
	scans(t, other, []string{"p2"}, 10)
	want(t, s, map[string]store.Record{"u1": {Rev: rev, Body: []byte("1"), Terms: []string{"a"}}}, "u1")

	again, err := s.SaveAndDelete(t.Context(), "u1", store.Record{Rev: rev, Body: []byte("2")}, other.Name(), "p2")
	if err != nil || again <= rev {
		t.Errorf("revision %d follows %d, %v", again, rev, err)
	}
	finds(t, s, nil, "a")
	scans(t, other, nil, 10)
	for _, ids := range [][]string{nil, {"p1"}} { // nothing is there to delete
		if again, err = s.SaveAndDelete(t.Context(), "u1", store.Record{Rev: again}, "unused", ids...); err != nil {
			t.Error(err)
		}
	}
	want(t, s, map[string]store.Record{"u1": {Rev: again}}, "u1")
}

// While one of many callers moves a record from one space to the other, exactly one wins, and the
// record is never in neither space.
func batchRace(t *testing.T, e store.Engine) {
	s, other := e.Open("realm.acme"), e.Open("pending.acme")
	for round := range 4 {
		id := fmt.Sprint("u", round)
		save(t, other, id, store.Record{})
		won := make([]bool, 6)
		together(len(won), func(i int) {
			if i%2 == 0 {
				_, err := s.SaveAndDelete(t.Context(), id, store.Record{Body: []byte{byte(i)}}, other.Name(), id)
				won[i] = err == nil
				if err != nil && !errors.Is(err, store.ErrConflict) {
					t.Error(err)
				}
				return
			}
			pending, err1 := other.Load(t.Context(), id) // this space first
			kept, err2 := s.Load(t.Context(), id)
			if err := errors.Join(err1, err2); err != nil || len(pending)+len(kept) == 0 {
				t.Errorf("%s is in neither space, %v", id, err)
			}
		})
		if n := len(slices.DeleteFunc(won, func(w bool) bool { return !w })); n != 1 {
			t.Errorf("%d saves won", n)
		}
	}
}

// A page is Scan and Load.
func pages(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	records := map[string]store.Record{}
	ids := []string{"\x00", "\x01", "A", "a", "a\x00", "ab", "b", "é", "\xff", strings.Repeat("{", store.MaxID)}
	for i, id := range ids {
		r := store.Record{Body: bytes.Repeat([]byte("b"), i*1000), Terms: []string{"is " + id, "t"}}
		r.Rev = save(t, s, id, r)
		slices.Sort(r.Terms)
		records[id] = r
	}
	slices.Sort(ids)
	for _, n := range []int{1, 2, 3, len(ids) - 1, len(ids), len(ids) + 1, 1 << 30} {
		got, order := map[string]store.Record{}, []string{}
		for after, more := "", true; more; more = after != "" {
			page, next, err := s.Page(t.Context(), after, n)
			if err != nil || len(page) > n {
				t.Fatalf("Page(%q, %d): %d records, %v", after, n, len(page), err)
			}
			for _, e := range page {
				got[e.ID] = e.Record
				order = append(order, e.ID)
			}
			after = next
		}
		if !slices.Equal(order, ids) {
			t.Errorf("pages of %d: %q", n, order)
		}
		want(t, s, got, ids...)
		if len(got) != len(records) {
			t.Errorf("pages of %d: %d records", n, len(got))
		}
	}
	page, next, err := e.Open("empty").Page(t.Context(), "", 3)
	if err != nil || len(page) > 0 || next != "" {
		t.Errorf("a page of an empty space: %v, %q, %v", page, next, err)
	}
	page, _, err = s.Page(t.Context(), "ab", 1)
	if err != nil || len(page) != 1 || page[0].ID != "b" {
		t.Fatalf("the page after ab: %v, %v", page, err)
	}
	kept := records["b"]
	page[0].Body[0], page[0].Terms[0] = 'X', "X" // memory is not shared with the caller
	want(t, s, map[string]store.Record{"b": kept}, "b")
}

// Records that exist during a whole walk by pages are seen once, while others come and go.
func pagesWhileWriting(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	var steady, got []string
	for i := range 20 {
		steady = append(steady, fmt.Sprintf("steady%02d", i))
		save(t, s, steady[i], store.Record{})
		save(t, s, fmt.Sprintf("going%02d", i), store.Record{})
	}
	n := 0
	for after, more := "", true; more; more = after != "" {
		page, next, err := s.Page(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			if strings.HasPrefix(e.ID, "steady") && len(e.ID) == len("steady00") {
				got = append(got, e.ID)
			}
		}
		for range 3 {
			if n < 20 {
				save(t, s, fmt.Sprintf("a new one%02d", n), store.Record{})
				save(t, s, fmt.Sprintf("steady%02d and new", n), store.Record{})
				if err := s.Delete(t.Context(), fmt.Sprintf("going%02d", n)); err != nil {
					t.Fatal(err)
				}
			}
			n++
		}
		after = next
	}
	if !slices.Equal(got, steady) {
		t.Errorf("records that were there all the while: %q", got)
	}
}
