package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keycloak-scim-proxy/proxy/store"
)

// scans checks a whole walk.
func scans(t testing.TB, s store.Space, ids []string, page int) {
	t.Helper()
	var got []string
	for id, err := range store.IDs(t.Context(), s, page) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, id)
	}
	if diff := cmp.Diff(ids, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("walk by %d (-want +got):\n%s", page, diff)
	}
}

func scanPages(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	scans(t, s, nil, 3)
	ids := []string{"\x00", "\x01", "A", "a", "a\x00", "ab", "b", "é", "\xff"}
	for _, i := range []int{3, 0, 8, 5, 1, 7, 2, 6, 4} {
		save(t, s, ids[i], store.Record{Terms: []string{"t"}})
	}
	for _, page := range []int{1, 2, 3, 8, 9, 10, 1 << 30} {
		scans(t, s, ids, page)
	}
	for after, expected := range map[string][]string{"": ids[:2], "A": ids[3:5], "B": ids[3:5], "é": ids[8:], "\xff": nil} {
		got, err := s.Scan(t.Context(), after, 2)
		if err != nil || !slices.Equal(got, expected) {
			t.Errorf("Scan(%q, 2) = %q, %v; want %q", after, got, err, expected)
		}
	}
	for id, err := range store.IDs(t.Context(), s, 2) {
		if err != nil {
			t.Fatal(err)
		}
		if id == "A" {
			break // a walk may end early
		}
	}
}

// Other records are changed, added and removed between the pages.
func scanWhileWriting(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	var steady []string
	revs := map[string]uint64{}
	for i := range 20 {
		id := fmt.Sprintf("steady%02d", i)
		steady = append(steady, id)
		revs[id] = save(t, s, id, store.Record{})
		save(t, s, fmt.Sprintf("going%02d", i), store.Record{})
	}
	var got []string
	n := 0
	for id, err := range store.IDs(t.Context(), s, 3) {
		if err != nil {
			t.Fatal(err)
		}
		if revs[id] > 0 {
			got = append(got, id)
			revs[id] = save(t, s, id, store.Record{Rev: revs[id], Body: []byte("again")})
		}
		if n < 20 {
			save(t, s, fmt.Sprintf("a new one%02d", n), store.Record{})
			save(t, s, fmt.Sprintf("steady%02d and new", n), store.Record{})
			if err := s.Delete(t.Context(), fmt.Sprintf("going%02d", n)); err != nil {
				t.Fatal(err)
			}
		}
		n++
	}
	if diff := cmp.Diff(steady, got); diff != "" {
		t.Errorf("records that were there all the while (-want +got):\n%s", diff)
	}
}
