package storetest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// calls performs every operation on a space that takes an id.
func calls(ctx context.Context, s store.Space, id string) map[string]error {
	_, load := s.Load(ctx, id)
	rev, save := s.Save(ctx, id, store.Record{Terms: []string{"t"}})
	rewrite := s.Rewrite(ctx, id, store.Record{Rev: rev, Terms: []string{"t"}})
	_, both := s.SaveAndDelete(ctx, id, store.Record{Rev: rev, Terms: []string{"t"}}, "other", id)
	unlock, lock := s.Lock(ctx, id, time.Minute)
	if lock == nil {
		unlock()
	}
	return map[string]error{"Load": load, "Save": save, "Rewrite": rewrite, "SaveAndDelete": both, "Lock": lock, "Delete": s.Delete(ctx, id)}
}

// moreCalls performs the operations on a space that take no id.
func moreCalls(ctx context.Context, s store.Space) map[string]error {
	_, find := s.Find(ctx, "t")
	_, scan := s.Scan(ctx, "", 1)
	_, _, page := s.Page(ctx, "", 1)
	return map[string]error{"Find": find, "Scan": scan, "Page": page}
}

// engineCalls performs the operations of an engine.
func engineCalls(ctx context.Context, e store.Engine) map[string]error {
	_, spaces := e.Spaces(ctx)
	return map[string]error{"Ping": e.Ping(ctx), "Probe": e.Probe(ctx), "Spaces": spaces}
}

func endedContext(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	kept := save(t, s, "kept", store.Record{Terms: []string{"t"}})
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for target, ctx := range map[error]context.Context{context.Canceled: canceled, context.DeadlineExceeded: expired} {
		for _, errs := range []map[string]error{calls(ctx, s, "kept"), calls(ctx, s, "new"), moreCalls(ctx, s), engineCalls(ctx, e)} {
			for name, err := range errs {
				fails(t, name, err, target)
				if errors.Is(err, store.ErrUnavailable) {
					t.Errorf("%s: the store is blamed for the context: %v", name, err)
				}
			}
		}
	}
	want(t, s, map[string]store.Record{"kept": {Rev: kept, Terms: []string{"t"}}}, "kept", "new")
	finds(t, s, []string{"kept"}, "t")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	unlock, err := s.Lock(ctx, "kept", time.Minute)
	if err != nil {
		t.Fatalf("a refused Lock left the lock held: %v", err)
	}
	unlock()
}

func nonsenseRefused(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	for name, err := range calls(t.Context(), s, "") {
		fails(t, name+" with an empty id", err, store.ErrInvalid)
	}
	for _, errs := range []map[string]error{calls(t.Context(), e.Open(""), "u1"), moreCalls(t.Context(), e.Open(""))} {
		for name, err := range errs {
			fails(t, name+" of an empty tenant", err, store.ErrInvalid)
		}
	}
	_, err := s.Save(t.Context(), "u1", store.Record{Terms: []string{"a", ""}})
	fails(t, "Save with an empty term", err, store.ErrInvalid)
	_, err = s.Find(t.Context(), "a", "")
	fails(t, "Find of an empty term", err, store.ErrInvalid)
	_, err = s.Scan(t.Context(), "", 0)
	fails(t, "Scan of no page", err, store.ErrInvalid)
	_, _, err = s.Page(t.Context(), "", 0)
	fails(t, "Page of no records", err, store.ErrInvalid)
	_, err = s.SaveAndDelete(t.Context(), "u1", store.Record{}, "", "u1")
	fails(t, "SaveAndDelete in a space without a name", err, store.ErrInvalid)
	_, err = s.SaveAndDelete(t.Context(), "u1", store.Record{}, "acme", "u1", "")
	fails(t, "SaveAndDelete of an empty id", err, store.ErrInvalid)
	_, err = s.Lock(t.Context(), "u1", 0)
	fails(t, "Lock without ttl", err, store.ErrInvalid)
	want(t, s, nil, "u1")
}

func tooMuchRefused(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	for name, err := range calls(t.Context(), s, strings.Repeat("x", store.MaxID+1)) {
		fails(t, name+" with a long id", err, store.ErrTooLarge)
	}
	var many []string
	for i := range store.MaxTerms + 1 {
		many = append(many, strconv.Itoa(i))
	}
	for name, r := range map[string]store.Record{
		"long term":  {Terms: []string{strings.Repeat("x", store.MaxTerm+1)}},
		"many terms": {Terms: many},
		"large body": {Body: make([]byte, store.MaxBody+1)},
	} {
		_, err := s.Save(t.Context(), "u1", r)
		fails(t, "Save with "+name, err, store.ErrTooLarge)
	}
	_, err := s.Find(t.Context(), strings.Repeat("x", store.MaxTerm+1))
	fails(t, "Find of a long term", err, store.ErrTooLarge)
	want(t, s, nil, "u1")

	save(t, s, "u1", store.Record{Terms: many[:store.MaxTerms]})
	finds(t, s, []string{"u1"}, many...)
}

func pingAndClose(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	for name, err := range engineCalls(t.Context(), e) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	save(t, s, "u1", store.Record{})
	if err := e.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for _, errs := range []map[string]error{calls(t.Context(), s, "u1"), moreCalls(t.Context(), s), engineCalls(t.Context(), e)} {
		for name, err := range errs {
			fails(t, name+" after Close", err, store.ErrUnavailable)
		}
	}
}

// A probe must not touch records.
func probeHides(t *testing.T, e store.Engine) {
	s := e.Open("acme")
	rev := save(t, s, "u1", store.Record{Terms: []string{"t"}})
	for range 3 {
		if err := e.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want(t, s, map[string]store.Record{"u1": {Rev: rev, Terms: []string{"t"}}}, "u1", "probe")
	scans(t, s, []string{"u1"}, 10)
	scans(t, e.Open("another"), nil, 10)
}
