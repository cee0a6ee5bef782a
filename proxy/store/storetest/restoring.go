package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/backup"
	"keycloak-scim-proxy/proxy/store/guard"
)

// backedUp returns a backup of an engine.
func backedUp(t testing.TB, e store.Engine) *backup.File {
	t.Helper()
	var out bytes.Buffer
	n, err := backup.Write(t.Context(), e, &out, time.Unix(1, 0), "v1")
	if err != nil {
		t.Fatal(err)
	}
	f, err := backup.Open(bytes.NewReader(out.Bytes()))
	if err != nil || f.Records != n {
		t.Fatalf("%d records of %d: %v", f.Records, n, err)
	}
	return f
}

// everything returns the records of all spaces, as the engine keeps them.
func everything(t testing.TB, e store.Engine) map[string][]string {
	t.Helper()
	names, err := e.Spaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, name := range names {
		if c := contents(t, e, name); len(c) > 0 {
			out[name] = c
		}
	}
	return out
}

// A backup is restored over later records, while a process uses the store.
func restored(t *testing.T, e store.Engine) {
	var c clock
	records := filled(t, e, &c, 70, "k1")
	f, before := backedUp(t, e), everything(t, e)
	running := process(t, e, &c, "k1")
	works(t, running, "later")
	save(t, running.Open("new"), "u1", store.Record{Terms: []string{"all"}})
	stale, err := running.Open("acme").Load(t.Context(), "u001")
	if err != nil {
		t.Fatal(err)
	}
	if err := backup.Restore(t.Context(), e, f, backup.RestoreOptions{}); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("a store that is not empty: %v", err)
	}
	works(t, running, "later")

	var waited time.Duration
	var refused error
	o := backup.RestoreOptions{Replace: true, Now: c.time(), Wait: time.Hour, Pause: func(ctx context.Context, d time.Duration) error {
		waited = d
		err := c.pause(ctx, d)
		_, refused = running.Open("acme").Load(ctx, "u001")
		return err
	}}
	if err := backup.Restore(t.Context(), e, f, o); err != nil || waited != time.Hour {
		t.Fatalf("waited %s: %v", waited, err)
	}
	fails(t, "a process during the restore", refused, store.ErrLost)
	if diff := cmp.Diff(before, everything(t, e)); diff != "" {
		t.Errorf("the store is not as it was (-want +got):\n%.2000s", diff)
	}
	c.recheck()
	if _, err := running.Open("acme").Save(t.Context(), "u001", stale["u001"]); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a write that is based on a record from before: %v", err)
	}
	found(t, process(t, e, &c, "k1"), records)
}

// found checks that all records exist, whatever their revision, and are found.
func found(t testing.TB, g *guard.Engine, records map[string]map[string]store.Record) {
	t.Helper()
	for space, rs := range records {
		finds(t, g.Open(space), slices.Sorted(func(yield func(string) bool) {
			for id := range rs {
				if !yield(id) {
					return
				}
			}
		}), "all")
		for id, r := range rs {
			got, err := g.Open(space).Load(t.Context(), id)
			if err != nil || !bytes.Equal(got[id].Body, r.Body) {
				t.Errorf("%s %s: %q, %v", space, id, got[id].Body, err)
			}
		}
	}
}

// Wherever a restore is stopped, the store is as before or refused, and a second restore completes
// it.
func restoreStopped(t *testing.T, e store.Engine) {
	var c clock
	filled(t, e, &c, 3, "k1")
	f, want := backedUp(t, e), everything(t, e)
	o := backup.RestoreOptions{Replace: true, Now: c.time()}
	finished := false
	for n := 1; !finished; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		err := backup.Restore(ctx, stopping{e, &countdown{left: n, stop: cancel}}, f, o)
		finished = ctx.Err() == nil
		cancel()
		check := process(t, e, &c, "k1").Check(t.Context())
		switch {
		case err == nil && check != nil, err != nil && check == nil && !cmp.Equal(want, everything(t, e)):
			t.Fatalf("stopped at operation %d: %v, and a new process: %v", n, err, check)
		case check != nil && (!errors.Is(check, store.ErrLost) || !strings.Contains(check.Error(), "run `scim-proxy store restore` again")):
			t.Fatalf("stopped at operation %d: %v", n, check)
		}
		if _, err := backup.Write(t.Context(), e, &bytes.Buffer{}, c.time(), ""); check != nil && !errors.Is(err, store.ErrLost) {
			t.Fatalf("a backup of what is half: %v", err)
		}
		again := backup.RestoreOptions{Replace: check == nil, Now: c.time()}
		if err := backup.Restore(t.Context(), e, f, again); err != nil {
			t.Fatalf("again, after operation %d: %v", n, err)
		}
		if diff := cmp.Diff(want, everything(t, e)); diff != "" {
			t.Fatalf("again, after operation %d (-want +got):\n%.2000s", n, diff)
		}
	}
}

// Records are written, changed and deleted during a backup: those that are not are in it once, and
// each record is one that existed.
func backupWhileWriting(t *testing.T, e store.Engine) {
	var c clock
	g := process(t, e, &c)
	s := g.Open("acme")
	for i := range 200 {
		save(t, s, fmt.Sprintf("still%03d", i), store.Record{Body: []byte("still")})
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- move(ctx, s) }()
	for range 5 {
		still := 0
		seen := map[string]bool{}
		err := backedUp(t, e).Each(func(space string, e store.Entry) error {
			if space != "acme" {
				return nil
			}
			if seen[e.ID] {
				t.Errorf("%s is there twice", e.ID)
			}
			seen[e.ID] = true
			if strings.HasPrefix(e.ID, "still") {
				still++
			} else if len(e.Body) != 2000 || !bytes.Equal(e.Body, bytes.Repeat(e.Body[:1], 2000)) {
				t.Errorf("%s is half of two writes", e.ID)
			}
			return nil
		})
		if err != nil || still != 200 {
			t.Errorf("%d of 200 records: %v", still, err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// move saves, changes and deletes records until the context ends.
func move(ctx context.Context, s store.Space) error {
	working := context.WithoutCancel(ctx)
	for i := 0; ctx.Err() == nil; i++ {
		body := bytes.Repeat([]byte{byte('a' + i%26)}, 2000)
		change := func(r store.Record) store.Record { r.Body = body; return r }
		if err := update(working, s, fmt.Sprintf("moving%03d", i%150), change); err != nil {
			return err
		}
		if err := s.Delete(working, fmt.Sprintf("moving%03d", (i+75)%150)); err != nil {
			return err
		}
	}
	return nil
}

func backupRefused(t *testing.T, e store.Engine) {
	if _, err := backup.Write(t.Context(), e, &bytes.Buffer{}, time.Now(), ""); !errors.Is(err, store.ErrLost) || !strings.Contains(err.Error(), "no stamp") {
		t.Errorf("a store that no process has used: %v", err)
	}
	var c clock
	works(t, process(t, e, &c), "u1")
	f := backedUp(t, e)
	f.Schema = guard.Schema + 1
	if err := backup.Restore(t.Context(), e, f, backup.RestoreOptions{Replace: true}); !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), `use release "v1"`) {
		t.Errorf("a backup of a later schema: %v", err)
	}
}

// The schema of a later release is refused, by processes that run and by new ones.
func laterSchema(t *testing.T, e store.Engine) {
	var c clock
	running := process(t, e, &c)
	works(t, running, "u1")
	system := e.Open(store.SystemSpace)
	recs, err := system.Load(t.Context(), "schema")
	if err != nil || string(recs["schema"].Body) != fmt.Sprintf(`{"schema":%d,"release":""}`, guard.Schema) {
		t.Fatalf("a new store: %s, %v", recs["schema"].Body, err)
	}
	for body, want := range map[string]string{
		`{"schema":2,"release":"v9.1.0"}`: `it has schema 2, and this release reads schema 1: use release "v9.1.0"`,
		`2`:                               "cannot be read",
	} {
		now, err := system.Load(t.Context(), "schema")
		if err != nil {
			t.Fatal(err)
		}
		save(t, system, "schema", store.Record{Rev: now["schema"].Rev, Body: []byte(body)})
		c.recheck()
		for _, g := range []*guard.Engine{running, process(t, e, &c)} {
			refuses(t, e, g, store.ErrSchema)
			if err := g.Check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
	if err := system.Delete(t.Context(), "schema"); err != nil { // a store from before the note
		t.Fatal(err)
	}
	c.recheck()
	works(t, running, "u2")
}

// Verify counts every record and names each damaged one.
func verifies(t *testing.T, e store.Engine) {
	var c clock
	filled(t, e, &c, 70, "k1")
	g := process(t, e, &c, "k1")
	raw := e.Open("acme")
	save(t, raw, "cut", store.Record{Body: []byte("\x00sealed\x01")})
	recs, err := raw.Load(t.Context(), "u001")
	if err != nil {
		t.Fatal(err)
	}
	save(t, raw, "moved", store.Record{Body: recs["u001"].Body})
	save(t, raw, "plain", store.Record{Body: []byte("{}")})
	var damaged []string
	spaces := map[string]guard.SpaceCounts{}
	all, err := g.Verify(t.Context(), guard.VerifyOptions{
		Space:   func(name string, n guard.SpaceCounts) { n.Bytes = 0; spaces[name] = n },
		Damaged: func(space, id string, err error) { damaged = append(damaged, space+" "+id) },
	})
	want := map[string]guard.SpaceCounts{"acme": {Records: 73, Plain: 1, Damaged: 2}, "other": {Records: 70}, "realm.acme": {Records: 70}}
	if diff := cmp.Diff(want, spaces); err != nil || diff != "" || all.Records != 213 || all.Damaged != 2 || all.Bytes == 0 {
		t.Errorf("%v %+v (-want +got):\n%s", err, all, diff)
	}
	if diff := cmp.Diff([]string{"acme cut", "acme moved"}, damaged); diff != "" {
		t.Error(diff)
	}
}
