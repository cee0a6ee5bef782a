package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// resealSpaces are the spaces that the tests of Reseal use.
var resealSpaces = []string{"acme", "other", "realm.acme"}

// filled saves records with each key in several spaces, and returns them by space.
func filled(t testing.TB, e store.Engine, c *clock, n int, names ...string) map[string]map[string]store.Record {
	t.Helper()
	out := map[string]map[string]store.Record{}
	for _, space := range resealSpaces {
		out[space] = map[string]store.Record{}
		for i := range n {
			id := fmt.Sprintf("u%03d", i)
			first := []string{names[i%len(names)]}
			all := append(first, slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == first[0] })...)
			r := store.Record{Body: []byte(space + id), Terms: []string{"all", id}}
			r.Rev = save(t, process(t, e, c, all...).Open(space), id, r)
			out[space][id] = r
		}
	}
	return out
}

// reads checks that all records exist with their revision and are found.
func reads(t testing.TB, g *guard.Engine, records map[string]map[string]store.Record) {
	t.Helper()
	for space, rs := range records {
		var ids []string
		for id := range rs {
			ids = append(ids, id)
			finds(t, g.Open(space), []string{id}, id)
		}
		slices.Sort(ids)
		want(t, g.Open(space), rs, ids...)
		finds(t, g.Open(space), ids, "all")
	}
}

// pausing returns a guard with these keys that calls do before each pause.
func pausing(t testing.TB, e store.Engine, c *clock, do func(time.Duration), names ...string) *guard.Engine {
	t.Helper()
	return guard.New(e, guard.Options{Keys: Keys(t, names...), Now: c.time, NewID: rand.Text, Pause: func(ctx context.Context, d time.Duration) error {
		do(d)
		return c.pause(ctx, d)
	}})
}

// reseal reseals the store. The test fails if a record cannot be read.
func reseal(t testing.TB, g *guard.Engine) guard.Resealed {
	t.Helper()
	out, err := g.Reseal(t.Context(), guard.ResealOptions{Wait: time.Second, Unreadable: func(space, id string, err error) { t.Errorf("%s %s: %v", space, id, err) }})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func resealed(t *testing.T, e store.Engine) {
	var c clock
	records := filled(t, e, &c, 120, "k1", "k2", "k3")
	refuses(t, e, process(t, e, &c, "k3"), store.ErrKeys)
	counts := guard.ResealCounts{Seen: 360, Resealed: 240}
	uses := []guard.KeyUse{guard.Writes, guard.Unused, guard.Unused}
	var seen []string
	out, err := process(t, e, &c, "k3", "k1", "k2").Reseal(t.Context(), guard.ResealOptions{Progress: func(space string, n guard.ResealCounts, done bool) {
		seen = append(seen, fmt.Sprint(space, n.Seen, done))
	}})
	if diff := cmp.Diff(guard.Resealed{ResealCounts: counts, Keys: uses}, out); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	var progress []string
	for _, s := range resealSpaces {
		progress = append(progress, s+"50 false", s+"100 false", s+"120 true")
	}
	if diff := cmp.Diff(progress, seen); diff != "" {
		t.Errorf("progress: %s", diff)
	}
	for _, names := range [][]string{{"k3"}, {"k3", "k1"}, {"k3", "k2", "k1"}} {
		reads(t, process(t, e, &c, names...), records)
	}
	if out := reseal(t, process(t, e, &c, "k3", "k1")); out.Resealed != 0 || !slices.Equal(out.Keys, uses[:2]) {
		t.Errorf("again: %+v", out)
	}
	works(t, process(t, e, &c, "k1", "k3"), "v") // a retired key may be used again
	refuses(t, e, process(t, e, &c, "k3"), store.ErrKeys)
	if out := reseal(t, process(t, e, &c, "k3", "k1")); !slices.Equal(out.Keys, uses[:2]) {
		t.Errorf("after it came back: %+v", out)
	}
	reads(t, process(t, e, &c, "k3"), records)
}

// Reseal is stopped before each of its operations. Afterwards both lists of keys read everything,
// and the new key alone reads everything or is refused.
func resealStopped(t *testing.T, e store.Engine) {
	var c clock
	records := filled(t, e, &c, 12, "k1", "k2")
	works(t, process(t, e, &c, "k1", "k2"), "v")
	for n := 1; ; n++ {
		ctx, stop := context.WithCancel(t.Context())
		_, err := process(t, stopping{e, &countdown{left: n, stop: stop}}, &c, "k2", "k1").Reseal(ctx, guard.ResealOptions{Wait: time.Second})
		stop()
		reads(t, process(t, e, &c, "k2", "k1"), records)
		if alone := process(t, e, &c, "k2"); err == nil {
			reads(t, alone, records)
			break
		} else if err := alone.Check(t.Context()); !errors.Is(err, store.ErrKeys) {
			t.Fatalf("stopped before operation %d: with the new key alone: %v", n, err)
		}
		reads(t, process(t, e, &c, "k1", "k2"), records) // the old key is in front, so the announcement is taken back
		if n > 200 {
			t.Fatal("it does not come to its end")
		}
	}
}

func resealUnreadable(t *testing.T, e store.Engine) {
	var c clock
	filled(t, e, &c, 60, "k1", "k2")
	raw := e.Open("other")
	save(t, raw, "u030x", store.Record{Body: []byte("\x00sealed\x01 with no key")})
	var unreadable []string
	out, err := process(t, e, &c, "k2", "k1").Reseal(t.Context(), guard.ResealOptions{Unreadable: func(space, id string, err error) {
		fails(t, id, err, store.ErrUnreadable)
		unreadable = append(unreadable, space+" "+id)
	}})
	want := guard.Resealed{ResealCounts: guard.ResealCounts{Seen: 181, Resealed: 90, Unreadable: 1}, Keys: []guard.KeyUse{guard.Writes, guard.Needed}}
	if diff := cmp.Diff(want, out); err != nil || diff != "" || !slices.Equal(unreadable, []string{"other u030x"}) {
		t.Errorf("%v, unreadable %q %s", err, unreadable, diff)
	}
	refuses(t, e, process(t, e, &c, "k2"), store.ErrKeys)
	out, err = process(t, e, &c, "k2", "k1").Reseal(t.Context(), guard.ResealOptions{IgnoreUnreadable: true})
	want = guard.Resealed{ResealCounts: guard.ResealCounts{Seen: 181, Unreadable: 1}, Keys: []guard.KeyUse{guard.Writes, guard.Unused}}
	if diff := cmp.Diff(want, out); err != nil || diff != "" {
		t.Errorf("with its loss accepted: %v %s", err, diff)
	}
	if err := raw.Delete(t.Context(), "u030x"); err != nil {
		t.Fatal(err)
	}
	if out := reseal(t, process(t, e, &c, "k2", "k1")); out.Resealed != 0 || out.Keys[1] != guard.Unused {
		t.Errorf("without that record: %+v", out)
	}
}

func resealPlain(t *testing.T, e store.Engine) {
	var c clock
	r := store.Record{Body: []byte("{}"), Terms: []string{"t"}}
	r.Rev = save(t, process(t, e, &c).Open("acme"), "u1", r)
	if _, err := process(t, e, &c).Reseal(t.Context(), guard.ResealOptions{}); !errors.Is(err, store.ErrKeys) {
		t.Errorf("without a key: %v", err)
	}
	strict := guard.New(e, guard.Options{Keys: Keys(t, "k1"), RequireSealed: true, Now: c.time, NewID: rand.Text, Pause: c.pause})
	if out, err := strict.Reseal(t.Context(), guard.ResealOptions{}); err != nil || out.Unreadable != 1 || out.Sealed != 0 {
		t.Errorf("plain records are refused: %+v, %v", out, err)
	}
	if out := reseal(t, process(t, e, &c, "k1")); out.Sealed != 1 {
		t.Errorf("plain records are sealed: %+v", out)
	}
	want(t, strict.Open("acme"), map[string]store.Record{"u1": r}, "u1")
	finds(t, strict.Open("acme"), []string{"u1"}, "t")
}
