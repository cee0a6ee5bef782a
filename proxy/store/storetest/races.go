package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/store"
)

// together runs fn n times concurrently and waits.
func together(n int, fn func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	group.Wait()
}

func noLostUpdate(t *testing.T, e store.Engine) {
	const writers, each = 6, 8
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	together(writers, func(int) {
		s := e.Open("acme")
		for range each {
			err := update(ctx, s, "counter", func(r store.Record) store.Record {
				n, _ := strconv.Atoi(string(r.Body)) // empty at first
				return store.Record{Rev: r.Rev, Body: strconv.AppendInt(nil, int64(n+1), 10), Terms: []string{fmt.Sprint("is ", n+1)}}
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	got, err := e.Open("acme").Load(t.Context(), "counter")
	if total := string(got["counter"].Body); err != nil || total != strconv.Itoa(writers*each) {
		t.Errorf("counter is %q (%v), want %d", total, err, writers*each)
	}
	var terms []string
	for n := range writers * each {
		terms = append(terms, fmt.Sprint("is ", n))
	}
	finds(t, e.Open("acme"), nil, terms...)
	finds(t, e.Open("acme"), []string{"counter"}, fmt.Sprint("is ", writers*each))
}

func createRace(t *testing.T, e store.Engine) {
	const writers = 8
	s := e.Open("acme")
	for round := range 4 {
		var won, winner atomic.Int64
		id := fmt.Sprint("u", round)
		together(writers, func(i int) {
			switch _, err := s.Save(t.Context(), id, store.Record{Body: strconv.AppendInt(nil, int64(i), 10)}); {
			case err == nil:
				won.Add(1)
				winner.Store(int64(i))
			case !errors.Is(err, store.ErrConflict):
				t.Error(err)
			}
		})
		got, err := s.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if body := string(got[id].Body); won.Load() != 1 || body != strconv.FormatInt(winner.Load(), 10) {
			t.Errorf("%d creates won, the last by %d; kept is that of %s", won.Load(), winner.Load(), body)
		}
	}
}

// Bodies consist of one repeated letter, which is also the term.
func noTornReads(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	save(t, s, "u1", store.Record{Body: []byte("a"), Terms: []string{"a"}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	together(6, func(i int) {
		for round := range 10 {
			if i%2 == 0 {
				letter := byte('a' + (i+round)%26)
				err := update(ctx, s, "u1", func(r store.Record) store.Record {
					return store.Record{Rev: r.Rev, Body: bytes.Repeat([]byte{letter}, 1+2000*round), Terms: []string{string(letter)}}
				})
				if err != nil {
					t.Error(err)
				}
				continue
			}
			recs, err := s.Load(ctx, "u1")
			r := recs["u1"]
			if err != nil || len(r.Terms) != 1 || len(bytes.Trim(r.Body, r.Terms[0])) != 0 {
				t.Errorf("Load: %v; terms %q with body %.20q", err, r.Terms, r.Body)
			}
		}
	})
}

func tenantsApart(t *testing.T, e store.Engine) {
	a, b := e.Open("acme"), e.Open("acme2")
	ra := store.Record{Body: []byte("a"), Terms: []string{"t"}}
	rb := store.Record{Body: []byte("b"), Terms: []string{"t"}}
	ra.Rev = save(t, a, "u1", ra)
	want(t, b, nil, "u1")
	finds(t, b, nil, "t")
	scans(t, b, nil, 10)
	rb.Rev = save(t, b, "u1", rb)
	want(t, a, map[string]store.Record{"u1": ra}, "u1")
	if err := a.Delete(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	want(t, b, map[string]store.Record{"u1": rb}, "u1")
	finds(t, b, []string{"u1"}, "t")
	scans(t, b, []string{"u1"}, 10)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, s := range []store.Space{a, b} {
		unlock, err := s.Lock(ctx, "u1", 2*patience)
		if err != nil {
			t.Fatalf("the lock of another tenant is in the way: %v", err)
		}
		defer unlock()
	}
}
