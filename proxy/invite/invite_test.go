package invite_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

var (
	acme  = invite.Place{Tenant: "acme", Realm: "r", Group: "acme"}
	other = invite.Place{Tenant: "other", Realm: "r", Group: "other"}
)

func allowed(invite.Invitation) error { return nil }

// house is a store with processes that share it.
type house struct {
	t      *testing.T
	engine *storetest.Memory
	now    atomic.Int64
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, engine: storetest.NewMemory()}
	h.now.Store(1_800_000_000)
	return h
}

func (h *house) clock() time.Time     { return time.Unix(h.now.Load(), 0) }
func (h *house) pass(d time.Duration) { h.now.Add(int64(d / time.Second)) }

func (h *house) process() *invite.Invites {
	return invite.New(invite.Options{Space: h.engine.Open(invite.SpaceName), Now: h.clock})
}

func (h *house) invited(v *invite.Invites, at invite.Place, staged bool) (string, invite.Invitation) {
	h.t.Helper()
	link, i, err := v.Make(h.t.Context(), at, "op", time.Hour, staged, allowed)
	if err != nil {
		h.t.Fatal(err)
	}
	return link, i
}

func ended(err error) string {
	if e, ok := errors.AsType[*invite.EndedError](err); ok {
		return e.Why
	}
	return fmt.Sprint(err)
}

// A link is exchanged once, by any process; its session works in all of them, also after a restart,
// and ends with the invitation.
func TestLink(t *testing.T) {
	h := newHouse(t)
	link, made := h.invited(h.process(), acme, true)
	second := h.process()
	for range 3 { // a scanner of mails
		if i, err := second.Look(t.Context(), link); err != nil || i.Tenant != "acme" || !i.Opened.IsZero() {
			t.Fatal(i, err)
		}
	}
	cookie, i, err := second.Enter(t.Context(), link)
	if err != nil || i.Opened.IsZero() || i.ID != made.ID {
		t.Fatal(i, err)
	}
	third := h.process()
	if i, err := third.Session(t.Context(), cookie); err != nil || i.Place != acme {
		t.Error(i, err)
	}
	again, _, err := third.Enter(t.Context(), link)
	if ended(err) != invite.Used || again != "" || !strings.Contains(err.Error(), "2027-01-15T08:00:00Z") {
		t.Error(again, err)
	}
	if _, err := third.Look(t.Context(), link); ended(err) != invite.Used {
		t.Error(err)
	}
	if strings.Contains(cookie, link) || strings.Contains(link, cookie) {
		t.Error("one secret is in the other")
	}
	h.pass(time.Hour)
	if _, err := third.Session(t.Context(), cookie); ended(err) != invite.Expired {
		t.Error(err)
	}
	if _, err := third.Look(t.Context(), link); ended(err) != invite.Expired {
		t.Error(err)
	}
}

// A revocation ends the link and the session, in all processes.
func TestRevoke(t *testing.T) {
	h := newHouse(t)
	v, w := h.process(), h.process()
	link, _ := h.invited(v, acme, true)
	cookie, _, err := w.Enter(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if _, open, err := w.Open(t.Context(), acme); !open || err != nil {
		t.Fatal(open, err)
	}
	if i, err := v.Revoke(t.Context(), acme, "eva"); err != nil || i.RevokedBy != "eva" {
		t.Fatal(i, err)
	}
	h.pass(2 * time.Second)
	if _, open, err := w.Open(t.Context(), acme); open || err != nil {
		t.Error(open, err)
	}
	if _, err := w.Session(t.Context(), cookie); ended(err) != invite.Revoked {
		t.Error(err)
	}
	if _, _, err := w.Enter(t.Context(), link); ended(err) != invite.Revoked {
		t.Error(err)
	}
	if i, err := v.Revoke(t.Context(), acme, "max"); err != nil || i.RevokedBy != "eva" {
		t.Error(i, err)
	}
	if _, err := v.Revoke(t.Context(), other, "max"); !errors.Is(err, invite.ErrNone) {
		t.Error(err)
	}
}

// A new invitation ends the former link and session. That of a staged tenant goes on with its
// set-up, that of one that was live begins anew.
func TestReplace(t *testing.T) {
	h := newHouse(t)
	v := h.process()
	link, first := h.invited(v, acme, true)
	cookie, _, err := v.Enter(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	v.Saw(t.Context(), acme, true, false)
	if _, err := v.Waive(t.Context(), acme, "reactivate", "never", "eva"); err != nil {
		t.Fatal(err)
	}
	h.pass(10 * time.Minute)
	fresh, next := h.invited(v, acme, true)
	if !next.Since.Equal(first.Since) || next.Connected.IsZero() || next.Waived["reactivate"].Reason != "never" || !next.Opened.IsZero() || next.ID == first.ID {
		t.Errorf("%+v", next)
	}
	if _, err := v.Session(t.Context(), cookie); ended(err) != invite.Replaced {
		t.Error(err)
	}
	if _, _, err := v.Enter(t.Context(), link); ended(err) != invite.Replaced {
		t.Error(err)
	}
	if _, _, err := v.Enter(t.Context(), fresh); err != nil {
		t.Error(err)
	}
	h.pass(time.Minute)
	if _, live := h.invited(v, acme, false); !live.Since.Equal(live.Made) || len(live.Waived) > 0 || !live.Connected.IsZero() {
		t.Errorf("%+v", live)
	}
	// The tenant is another customer's now.
	moved := invite.Place{Tenant: "acme", Realm: "r", Group: "elsewhere"}
	if _, err := v.Of(t.Context(), moved); !errors.Is(err, invite.ErrNone) {
		t.Error(err)
	}
	if _, open, err := v.Open(t.Context(), moved); open || err != nil {
		t.Error(open, err)
	}
	if _, err := v.Waive(t.Context(), moved, "x", "y", "z"); !errors.Is(err, invite.ErrNone) {
		t.Error(err)
	}
}

// Reads access the store once a minute when the invitation has all that they show, and leave it
// alone for a while after a failure. An invitation that another process makes is noticed.
func TestFactsCost(t *testing.T) {
	h := newHouse(t)
	v, w := h.process(), h.process()
	h.invited(v, acme, false)
	v.Saw(t.Context(), acme, true, false)
	reads := func(n int, process *invite.Invites) int {
		h.engine.Reset()
		for range n {
			h.pass(time.Second)
			process.Saw(t.Context(), acme, true, false)
		}
		return len(h.engine.Ops())
	}
	if n := reads(50, v); n != 0 {
		t.Errorf("50 s of reads cost %d", n)
	}
	if n := reads(60, v); n != 1 {
		t.Errorf("60 s more cost %d", n)
	}
	h.invited(w, acme, false)
	reads(61, v)
	if i, err := w.Of(t.Context(), acme); err != nil || i.Matched.IsZero() {
		t.Error(i, err)
	}
	h.engine.OnOp(func(context.Context, storetest.Op) error { return store.ErrUnavailable })
	h.engine.Reset()
	fresh := h.process()
	for range 100 {
		fresh.Saw(t.Context(), acme, true, false)
	}
	if n := len(h.engine.Ops()); n != 1 {
		t.Errorf("100 reads cost %d while the store fails", n)
	}
}

// Once a tenant was live, its invitation says so, and the next one begins anew.
func TestWentLive(t *testing.T) {
	h := newHouse(t)
	v, w := h.process(), h.process()
	if err := v.WentLive(t.Context(), acme); err != nil {
		t.Errorf("without an invitation: %v", err)
	}
	for name, goes := range map[string]func() error{
		"proof": func() error { return v.WentLive(t.Context(), acme) },
		"file":  func() error { v.Saw(t.Context(), acme, false, true); return nil },
	} {
		_, first := h.invited(v, acme, true)
		if err := v.WentLive(t.Context(), invite.Place{Tenant: "acme", Realm: "r2"}); err != nil {
			t.Error(err)
		}
		if i, open, err := w.Open(t.Context(), acme); err != nil || !open || !i.Live.IsZero() {
			t.Fatalf("%s: %+v %v %v", name, i, open, err)
		}
		h.pass(10 * time.Second)
		if err := goes(); err != nil {
			t.Fatal(err)
		}
		i, open, err := w.Open(t.Context(), acme)
		if err != nil || !open || i.Live.IsZero() {
			t.Errorf("%s: %+v %v %v", name, i, open, err)
		}
		if _, next := h.invited(v, acme, true); !next.Since.After(first.Since) || !next.Live.IsZero() {
			t.Errorf("%s: a new invitation goes on: %+v", name, next)
		}
		h.pass(time.Minute)
	}
	h.invited(v, acme, true)
	h.engine.OnOp(func(context.Context, storetest.Op) error { return store.ErrUnavailable })
	if err := v.WentLive(t.Context(), acme); !errors.Is(err, invite.ErrStore) {
		t.Error(err)
	}
}

// No text but the link opens anything, and none of the others costs an access to the store.
func TestHostile(t *testing.T) {
	h := newHouse(t)
	v := h.process()
	link, _ := h.invited(v, acme, true)
	foreign, _ := h.invited(newHouse(t).process(), acme, true) // of another store
	cookie, _, err := v.Enter(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil {
		t.Fatal(err)
	}
	renamed := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"acme"`, `"evil"`, 1)))
	texts := map[string]string{
		"nothing": "", "a dot": ".", "a path": "../../acme", "the tenant": "acme", "a store": foreign, "another tenant": renamed, "short": link[:20],
		"cut": link[:len(link)-1], "long": link + "A", "huge": strings.Repeat("A", 1<<20), "padded": link + "=", "space": " " + link, "newline": link + "\n",
		"the key record": base64.RawURLEncoding.EncodeToString([]byte(".key" + strings.Repeat("x", 40))),
	}
	for i := range link { // every bit of every character
		for bit := range 7 {
			b := []byte(link)
			b[i] ^= 1 << bit
			texts[fmt.Sprint("bit ", i, ".", bit)] = string(b)
		}
	}
	h.engine.Reset()
	for name, text := range texts {
		if _, err := v.Look(t.Context(), text); !errors.Is(err, invite.ErrInvalid) {
			t.Errorf("look, %s: %v", name, err)
		}
		if _, _, err := v.Enter(t.Context(), text); !errors.Is(err, invite.ErrInvalid) {
			t.Errorf("enter, %s: %v", name, err)
		}
		if _, err := v.Session(t.Context(), text); !errors.Is(err, invite.ErrInvalid) {
			t.Errorf("session, %s: %v", name, err)
		}
	}
	if _, err := v.Session(t.Context(), link); !errors.Is(err, invite.ErrInvalid) {
		t.Errorf("a link is a session: %v", err)
	}
	if _, err := v.Look(t.Context(), cookie); !errors.Is(err, invite.ErrInvalid) {
		t.Errorf("a session is a link: %v", err)
	}
	if ops := h.engine.Ops(); len(ops) > 0 {
		t.Errorf("the store was asked %d times", len(ops))
	}
	// A genuine claim of a tenant that has no record says no more than one that was replaced.
	if err := h.engine.Open(invite.SpaceName).Delete(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Session(t.Context(), cookie); ended(err) != invite.Replaced {
		t.Error(err)
	}
}

// Of many exchanges of one link by two processes, one wins.
func TestRace(t *testing.T) {
	h := newHouse(t)
	link, _ := h.invited(h.process(), acme, true)
	var won, used atomic.Int32
	var all sync.WaitGroup
	for range 2 {
		v := h.process()
		for range 4 {
			all.Go(func() {
				_, _, err := v.Enter(context.Background(), link)
				switch {
				case err == nil:
					won.Add(1)
				case ended(err) == invite.Used:
					used.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if won.Load() != 1 || used.Load() != 7 {
		t.Error(won.Load(), used.Load())
	}
}

// Processes that start at the same time use one key.
func TestKeyRace(t *testing.T) {
	h := newHouse(t)
	v, w := h.process(), h.process()
	var all sync.WaitGroup
	links := make([]string, 2)
	for i, p := range []*invite.Invites{v, w} {
		all.Go(func() {
			link, _, err := p.Make(context.Background(), []invite.Place{acme, other}[i], "op", time.Hour, true, allowed)
			if err != nil {
				t.Error(err)
			}
			links[i] = link
		})
	}
	all.Wait()
	if _, err := v.Look(t.Context(), links[1]); err != nil {
		t.Error(err)
	}
	if _, err := w.Look(t.Context(), links[0]); err != nil {
		t.Error(err)
	}
}

// While the store is down, a genuine link is neither refused nor used.
func TestStoreDown(t *testing.T) {
	h := newHouse(t)
	v := h.process()
	link, _ := h.invited(v, acme, true)
	h.engine.SetDown(store.ErrUnavailable)
	if _, err := v.Look(t.Context(), link); !errors.Is(err, invite.ErrStore) {
		t.Error(err)
	}
	if _, _, err := v.Enter(t.Context(), link); !errors.Is(err, invite.ErrStore) {
		t.Error(err)
	}
	if _, err := h.process().Look(t.Context(), link); !errors.Is(err, invite.ErrStore) {
		t.Error(err)
	}
	h.pass(time.Minute)
	if _, open, err := v.Open(t.Context(), acme); open || !errors.Is(err, invite.ErrStore) {
		t.Error(open, err)
	}
	h.engine.SetDown(nil)
	if _, _, err := v.Enter(t.Context(), link); err != nil {
		t.Error(err)
	}
}

// Facts of reads are saved once each, and reads of a tenant cost little.
func TestFacts(t *testing.T) {
	h := newHouse(t)
	v := h.process()
	saves := func() (n int) {
		for _, op := range h.engine.Ops() {
			if op.Name == "Save" {
				n++
			}
		}
		return n
	}
	for range 100 {
		v.Saw(t.Context(), other, true, false)
	}
	if n := len(h.engine.Ops()); n != 1 {
		t.Errorf("100 reads of a tenant without an invitation cost %d", n)
	}
	h.invited(v, acme, true)
	h.engine.Reset()
	for range 50 {
		v.Saw(t.Context(), acme, false, false)
	}
	if saves() != 1 {
		t.Errorf("%d saves", saves())
	}
	for range 50 {
		v.Saw(t.Context(), acme, true, false)
		v.Saw(t.Context(), acme, false, false)
	}
	if i, err := v.Of(t.Context(), acme); err != nil || i.Connected.IsZero() || i.Matched.IsZero() || saves() != 2 {
		t.Errorf("%+v %v, %d saves", i, err, saves())
	}
	// A store that takes no write is not asked by every read.
	fresh, _ := h.process(), h.engine
	h.invited(v, other, true)
	h.pass(time.Minute)
	h.engine.OnOp(func(_ context.Context, op storetest.Op) error {
		if op.Name == "Save" {
			return store.ErrUnavailable
		}
		return nil
	})
	h.engine.Reset()
	for range 100 {
		fresh.Saw(t.Context(), other, true, false)
	}
	if saves() != 1 {
		t.Errorf("%d saves while the store takes none", saves())
	}
}

func TestBounds(t *testing.T) {
	v := newHouse(t).process()
	for _, span := range []time.Duration{0, -time.Hour, time.Second, 31 * 24 * time.Hour} {
		if link, _, err := v.Make(t.Context(), acme, "op", span, true, allowed); err == nil || link != "" {
			t.Errorf("%s is accepted", span)
		}
	}
	if _, err := v.Waive(t.Context(), acme, "create", strings.Repeat("x", 501), "op"); err == nil {
		t.Error("a reason of any length is kept")
	}
	// The longest names fit.
	long := strings.Repeat("t", 63)
	if link, _, err := v.Make(t.Context(), invite.Place{Tenant: long, Realm: "r"}, "op", time.Hour, true, allowed); err != nil {
		t.Error(err)
	} else if _, _, err := v.Enter(t.Context(), link); err != nil {
		t.Error(err)
	}
}
