package storetest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// A process starts with a new key beside one that does not have it. The other one has stopped
// before the first record is sealed with the new key.
func keyWaits(t *testing.T, e store.Engine) {
	for name, old := range map[string][]string{"plain": nil, "sealed": {"k1"}} {
		var c clock
		running := process(t, e, &c, old...)
		works(t, running, "u "+name)
		waits := 0
		brings := pausing(t, e, &c, func(time.Duration) {
			waits++
			if ids, err := e.Open("acme").Scan(t.Context(), "v", 1); err != nil || len(ids) > 0 {
				t.Errorf("%s: %q is written before the wait, %v", name, ids, err)
			}
			finds(t, running.Open("acme"), nil, "t") // the other one goes on meanwhile
		}, append([]string{"k " + name}, old...)...)
		save(t, brings.Open("acme"), "v "+name, store.Record{Terms: []string{"t"}})
		if waits != 1 {
			t.Errorf("%s: %d waits, want 1", name, waits)
		}
		refuses(t, e, running, store.ErrKeys)
		wipe(t, e)
	}
}

// Writers with both orders of the keys write while the records are resealed repeatedly. None of
// their updates is lost, and no save conflicts, because each record has only one writer.
func resealRaces(t *testing.T, e store.Engine) {
	const writers, each = 4, 30
	var c clock
	filled(t, e, &c, 5, "k1", "k2")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var writing, resealing sync.WaitGroup
	done := make(chan struct{})
	resealing.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			lists := [][]string{{"k2", "k1"}, {"k1", "k2"}}
			if _, err := process(t, e, &c, lists[n%2]...).Reseal(ctx, guard.ResealOptions{}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range writers {
		writing.Go(func() {
			lists := [][]string{{"k2", "k1"}, {"k1", "k2"}}
			s, id := process(t, e, &c, lists[i%2]...).Open("acme"), fmt.Sprint("w", i)
			var rev uint64
			for n := range each {
				next, err := s.Save(ctx, id, store.Record{Rev: rev, Body: []byte(strconv.Itoa(n)), Terms: []string{id, fmt.Sprint(id, " is ", n)}})
				if err != nil {
					t.Errorf("%s: save %d: %v", id, n, err)
					return
				}
				rev = next
			}
		})
	}
	writing.Wait()
	close(done)
	resealing.Wait()
	reseal(t, process(t, e, &c, "k2", "k1"))
	s := process(t, e, &c, "k2").Open("acme")
	for i := range writers {
		id := fmt.Sprint("w", i)
		finds(t, s, []string{id}, id)
		finds(t, s, nil, fmt.Sprint(id, " is ", each-2))
		finds(t, s, []string{id}, fmt.Sprint(id, " is ", each-1))
		got, err := s.Load(t.Context(), id)
		if err != nil || string(got[id].Body) != strconv.Itoa(each-1) {
			t.Errorf("%s is %q, %v", id, got[id].Body, err)
		}
	}
}

// A process still has the old key in front, and writes while the old key is about to be retired.
func resealTooEarly(t *testing.T, e store.Engine) {
	var c clock
	records := filled(t, e, &c, 3, "k1", "k2")
	late := process(t, e, &c, "k1", "k2")
	works(t, late, "v")
	wrote := false
	early := pausing(t, e, &c, func(d time.Duration) {
		if d == time.Minute {
			wrote = true
			c.recheck()
			r := store.Record{Terms: []string{"all", "late"}}
			r.Rev = save(t, late.Open("acme"), "late", r)
			records["acme"]["late"] = r
		}
	}, "k2", "k1")
	out, err := early.Reseal(t.Context(), guard.ResealOptions{Wait: time.Minute})
	if err != nil || !wrote || !slices.Equal(out.Keys, []guard.KeyUse{guard.Writes, guard.InFront}) {
		t.Errorf("%+v, %v", out, err)
	}
	refuses(t, e, process(t, e, &c, "k2"), store.ErrKeys)
	reads(t, process(t, e, &c, "k2", "k1"), records)
	if out := reseal(t, process(t, e, &c, "k2", "k1")); !slices.Equal(out.Keys, []guard.KeyUse{guard.Writes, guard.Unused}) {
		t.Errorf("once that has stopped: %+v", out)
	}
	reads(t, process(t, e, &c, "k2"), records)
}

// A write with the old key begins before the key is announced to be retired, and ends after that.
func resealLateWrite(t *testing.T, e store.Engine) {
	var c clock
	records := filled(t, e, &c, 3, "k1", "k2")
	late := false
	early := pausing(t, e, &c, func(d time.Duration) {
		if d == time.Minute {
			late = true
			r := store.Record{Terms: []string{"all", "late"}}
			r.Rev = save(t, store.Seal(e, Keys(t, "k1", "k2")).Open("acme"), "late", r)
			records["acme"]["late"] = r
		}
	}, "k2", "k1")
	out, err := early.Reseal(t.Context(), guard.ResealOptions{Wait: time.Minute})
	if err != nil || !late || out.Keys[1] != guard.Unused || out.Seen != 9 {
		t.Errorf("%+v, %v", out, err)
	}
	reads(t, process(t, e, &c, "k2"), records)
}

// The lists of keys of two processes are those of one step of a rotation and of the next one.
func locksRotate(t *testing.T, e store.Engine) {
	for _, lists := range [][2][]string{
		{{"k1"}, {"k1", "k2"}}, {{"k1", "k2"}, {"k2", "k1"}}, {{"k2", "k1"}, {"k2"}},
		{{"k2"}, {"k2", "k1"}}, {{"k2", "k1"}, {"k1", "k2"}}, {{"k1", "k2"}, {"k1"}},
	} {
		for _, pair := range [][2][]string{lists, {lists[1], lists[0]}} {
			one, two := store.Seal(e, Keys(t, pair[0]...)).Open("acme"), store.Seal(e, Keys(t, pair[1]...)).Open("acme")
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			unlock, err := one.Lock(ctx, "u1", 2*patience)
			if err != nil {
				t.Fatalf("%q: %v", pair[0], err)
			}
			locked(t, two)
			unlock()
			again, err := two.Lock(ctx, "u1", 2*patience)
			if err != nil {
				t.Fatalf("%q after %q: %v", pair[1], pair[0], err)
			}
			again()
		}
	}
}
