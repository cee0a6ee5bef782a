package storetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keycloak-scim-proxy/proxy/store"
)

// Open returns an empty engine, and closes it at the end of the test.
type Open func(t testing.TB) store.Engine

// patience limits the waits that end by themselves in a correct engine.
const patience = 30 * time.Second

// Run is the contract of package store. Each part gets an engine of its own.
func Run(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		test func(*testing.T, store.Engine)
	}{
		{"records come back byte for byte", roundTrip},
		{"any name is a name", anyName},
		{"memory is not shared with the caller", noAliases},
		{"save compares revisions", compareAndSwap},
		{"revisions never come back", revisionsRise},
		{"a refused save changes nothing", refusedSave},
		{"a rewrite keeps the revision", rewrites},
		{"delete", deletes},
		{"a save deletes in another space", savesAndDeletes},
		{"a save and a deletion are one step", batchRace},
		{"the index follows the records", indexFollows},
		{"a term matches itself only", termsAreExact},
		{"a long random walk agrees with a map", randomWalk},
		{"no update is lost", noLostUpdate},
		{"one of many creates wins", createRace},
		{"a record is never half of two saves", noTornReads},
		{"tenants do not meet", tenantsApart},
		{"a lock excludes", lockExcludes},
		{"a lock expires", lockExpires},
		{"waiting for a lock ends with the context", lockWaitEnds},
		{"scan pages in order", scanPages},
		{"scan while others write", scanWhileWriting},
		{"pages are scans with records", pages},
		{"pages while others write", pagesWhileWriting},
		{"spaces are listed", spacesListed},
		{"an ended context does nothing", endedContext},
		{"nonsense is refused", nonsenseRefused},
		{"too much is refused", tooMuchRefused},
		{"a probe shows in no space", probeHides},
		{"ping, probe and close", pingAndClose},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
}

// save saves a record or fails the test.
func save(t testing.TB, s store.Space, id string, r store.Record) uint64 {
	t.Helper()
	rev, err := s.Save(t.Context(), id, r)
	if err != nil {
		t.Fatalf("Save(%.60q, rev %d): %v", id, r.Rev, err)
	}
	return rev
}

// want checks that Load returns the given records of these ids, and no others.
func want(t testing.TB, s store.Space, records map[string]store.Record, ids ...string) {
	t.Helper()
	got, err := s.Load(t.Context(), ids...)
	if err != nil {
		t.Fatalf("Load(%.60q): %v", ids, err)
	}
	// Bodies are compared as a whole: nil and empty are equal, and 256 KiB do not take seconds.
	if diff := cmp.Diff(records, got, cmp.Comparer(bytes.Equal), cmp.Comparer(slices.Equal[[]string])); diff != "" && len(records)+len(got) > 0 {
		t.Errorf("Load(%.60q) (-want +got):\n%.2000s", ids, diff)
	}
}

// finds checks the result of Find.
func finds(t testing.TB, s store.Space, ids []string, terms ...string) {
	t.Helper()
	got, err := s.Find(t.Context(), terms...)
	if err != nil {
		t.Fatalf("Find(%.60q): %v", terms, err)
	}
	if diff := cmp.Diff(ids, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Find(%.60q) (-want +got):\n%s", terms, diff)
	}
}

// fails checks that the error is target.
func fails(t testing.TB, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

// update loads a record, changes it and saves it, and starts again after a conflict.
func update(ctx context.Context, s store.Space, id string, change func(store.Record) store.Record) error {
	for {
		recs, err := s.Load(ctx, id)
		if err != nil {
			return err
		}
		if _, err = s.Save(ctx, id, change(recs[id])); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}
