package kept_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func nothing() error { return nil }

// onEngines runs a test on a file, on Redis and on a sealed store in memory.
func onEngines(t *testing.T, test func(*testing.T, store.Space)) {
	all := engines(t)
	all["sealed"] = func(t testing.TB) store.Engine {
		return store.SealStrictly(storetest.NewMemory(), storetest.Keys(t, "k1"))
	}
	for name, open := range all {
		t.Run(name, func(t *testing.T) { test(t, open(t).Open("acme")) })
	}
}

func looksUp(t *testing.T, s store.Space, path, literal string) []string {
	t.Helper()
	ids, err := s.Find(t.Context(), record.Lookup(scim.User, scim.MustPath(path), literal)...)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// Records of an earlier release get the terms of their kept values, and keep everything else.
// Others are not written again.
func TestCompleteAddsTerms(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Space) {
		const n = 150 // more than two pages
		fill(t, s, n, false)
		indexed := employee(7)
		body, err := json.Marshal(indexed)
		if err != nil {
			t.Fatal(err)
		}
		for id, r := range map[string]store.Record{
			"complete":          {Body: body, Terms: indexed.Indexing(nil)},
			record.EarlierKey:   {Body: []byte{0, 1, 2}},
			"no type":           {Body: []byte(`{"pairs":[{"path":{"URN":"","Name":"title","Sub":""},"asked":"\"Old\"","slot":-1}]}`)},
			"empty":             {},
			"of another format": {Body: []byte(`{"type":"User","pairs":[{"path":{"URN":"","Name":"title","Sub":""},"asked":"\"Old\"","slot":-1}]}`), Terms: []string{"kept\x1fUser\x1ftitle\x1fold form", "other"}},
		} {
			if _, err := s.Save(t.Context(), id, r); err != nil {
				t.Fatal(err)
			}
		}
		before := everything(t, s)
		if ids := looksUp(t, s, "nickName", `"NICK 99"`); len(ids) > 0 {
			t.Fatalf("found %q before: this test tests nothing", ids)
		}
		if lacking, err := kept.Complete(t.Context(), s, nothing); err != nil || lacking != n+2 {
			t.Errorf("%d records lacked terms, %v", lacking, err)
		}
		for path, row := range map[string]struct {
			literal string
			found   int
		}{"nickName": {`"NICK 99"`, 1}, "title": {`"old"`, 2}, scim.EnterpriseURN + ":department": {`"department 7"`, 4}, "urn:a:b:c": {`"x"`, 0}} {
			if ids := looksUp(t, s, path, row.literal); len(ids) != row.found {
				t.Errorf("%s eq %s finds %q, want %d", path, row.literal, ids, row.found)
			}
		}
		after := everything(t, s)
		for id, r := range before {
			now := after[id]
			if string(now.Body) != string(r.Body) {
				t.Errorf("%s: the body became %s", id, now.Body)
			}
			if id == "complete" || id == "empty" || id == record.EarlierKey {
				if now.Rev != r.Rev || !slices.Equal(now.Terms, r.Terms) {
					t.Errorf("%s was written again", id)
				}
				continue
			}
			for _, term := range r.Terms {
				if term != "kept\x1fUser\x1ftitle\x1fold form" && !slices.Contains(now.Terms, term) {
					t.Errorf("%s lost the term %q", id, term)
				}
			}
		}
		if slices.Contains(after["of another format"].Terms, "kept\x1fUser\x1ftitle\x1fold form") {
			t.Error("a term of another format stays")
		}
		if lacking, err := kept.Complete(t.Context(), s, nothing); err != nil || lacking != 0 {
			t.Errorf("a second pass: %d records lacked terms, %v", lacking, err)
		}
	})
}

func everything(t *testing.T, s store.Space) map[string]store.Record {
	t.Helper()
	page, _, err := s.Page(t.Context(), "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]store.Record{}
	for _, e := range page {
		out[e.ID] = e.Record
	}
	return out
}

// While a pass runs, writers of this release save, create and delete, and records are sealed again.
// After it, every record has its terms, and no change is lost.
func TestCompleteWhileOthersWrite(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Space) {
		const n = 200
		fill(t, s, n, false)
		ids := slices.Sorted(func(yield func(string) bool) {
			for id := range everything(t, s) {
				if !yield(id) {
					return
				}
			}
		})
		var group sync.WaitGroup
		var saved atomic.Int64
		for w := range 4 {
			group.Go(func() {
				for i := w; i < n; i += 4 {
					found, err := s.Load(t.Context(), ids[i])
					if err != nil {
						t.Error(err)
						return
					}
					r := found[ids[i]]
					switch i % 3 {
					case 0: // a change
						rec := record.Record{Type: scim.User, Overrides: []record.Override{{Path: scim.MustPath("title"), Requested: `"changed"`, Index: -1}}}
						body, _ := json.Marshal(rec) //nolint:errchkjson // it has texts only
						_, err = s.Save(t.Context(), ids[i], store.Record{Rev: r.Rev, Body: body, Terms: rec.Indexing(nil)})
						if err == nil {
							saved.Add(1)
						}
					case 1: // sealed again, with the terms that were loaded
						err = s.Rewrite(t.Context(), ids[i], r)
					case 2:
						err = s.Delete(t.Context(), ids[i])
					}
					if err != nil && !errors.Is(err, store.ErrConflict) {
						t.Error(err)
					}
				}
			})
		}
		_, err := kept.Complete(t.Context(), s, nothing)
		group.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for id, r := range everything(t, s) {
			rec, err := record.Read(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			if want := rec.Indexing(r.Terms); !slices.Equal(want, r.Terms) {
				t.Errorf("%s has the terms %q, want %q", id, r.Terms, want)
			}
		}
		if found := looksUp(t, s, "title", `"changed"`); len(found) != int(saved.Load()) {
			t.Errorf("%d of %d changes are found", len(found), saved.Load())
		}
	})
}

// A record is loaded by Reseal, then the pass adds its terms, then Reseal writes what it has
// loaded: that must not take the terms away.
func TestCompleteIsNotUndoneByReseal(t *testing.T) {
	s := storetest.NewMemory().Open("acme")
	fill(t, s, 1, false)
	var loaded store.Entry
	for id, r := range everything(t, s) {
		loaded = store.Entry{ID: id, Record: r}
	}
	if _, err := kept.Complete(t.Context(), s, nothing); err != nil {
		t.Fatal(err)
	}
	if err := s.Rewrite(t.Context(), loaded.ID, loaded.Record); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the record was put back: %v", err)
	}
	if ids := looksUp(t, s, "nickName", `"nick 0"`); len(ids) != 1 {
		t.Errorf("found %q", ids)
	}
}

// The other writer of a conflict is of an earlier release, or has deleted the record.
func TestCompleteLooksAgainAfterAConflict(t *testing.T) {
	for name, other := range map[string]func(s store.Space, id string, r store.Record) error{
		"saves without terms": func(s store.Space, id string, r store.Record) error {
			_, err := s.Save(context.Background(), id, store.Record{Rev: r.Rev, Body: []byte(`{"type":"User","pairs":[{"path":{"URN":"","Name":"title","Sub":""},"asked":"\"New\"","slot":-1}]}`)})
			return err
		},
		"deletes": func(s store.Space, id string, _ store.Record) error { return s.Delete(context.Background(), id) },
	} {
		t.Run(name, func(t *testing.T) {
			m := storetest.NewMemory()
			s := m.Open("acme")
			fill(t, s, 1, false)
			first := true
			m.OnOp(func(_ context.Context, op storetest.Op) error {
				if op.Name != "Save" || !first {
					return nil
				}
				first = false
				found, err := s.Load(context.Background(), op.IDs...)
				if err != nil {
					return err
				}
				return other(s, op.IDs[0], found[op.IDs[0]])
			})
			if _, err := kept.Complete(t.Context(), s, nothing); err != nil || first {
				t.Fatal(err, first)
			}
			for id, r := range everything(t, s) {
				if len(r.Terms) != 1 || len(looksUp(t, s, "title", `"new"`)) != 1 {
					t.Errorf("%s has the terms %q", id, r.Terms)
				}
			}
		})
	}
}

// A pass ends with the error of the store, at any operation, and the next one does the rest.
func TestCompleteStopsAndGoesOn(t *testing.T) {
	m := storetest.NewMemory()
	s := m.Open("acme")
	const n = 100
	fill(t, s, n, false)
	down := fmt.Errorf("%w: for the test", store.ErrUnavailable)
	for fail, done := 1, false; !done; fail += 7 {
		ops := 0
		var mu sync.Mutex
		m.OnOp(func(context.Context, storetest.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if ops++; ops == fail {
				return down
			}
			return nil
		})
		_, err := kept.Complete(t.Context(), s, nothing)
		if done = ops < fail; done != (err == nil) || err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("operation %d of %d fails: %v", fail, ops, err)
		}
	}
	m.OnOp(nil)
	if ids := looksUp(t, s, "name.middleName", `"m"`); len(ids) != n {
		t.Errorf("%d of %d records are found", len(ids), n)
	}
	if _, err := s.Save(t.Context(), "damaged", store.Record{Body: []byte(`{"type":`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Complete(t.Context(), s, nothing); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("a record that cannot be read: %v", err)
	}
	refused := errors.New("refused")
	m.Reset()
	if _, err := kept.Complete(t.Context(), m.Open("other"), func() error { return refused }); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	fill(t, m.Open("other"), 10, false)
	m.Reset()
	if _, err := kept.Complete(t.Context(), m.Open("other"), func() error { return refused }); !errors.Is(err, refused) || len(m.Ops()) > 1 {
		t.Errorf("found fails: %v, operations %v", err, m.Ops())
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := kept.Complete(canceled, s, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled pass: %v", err)
	}
}
