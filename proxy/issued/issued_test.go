package issued_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/tokens"
)

// world has the tenants of processes that share a store.
type world struct {
	*storetest.Memory
	places map[string]string
	taken  map[string]bool // ids of keys of files
	log    *journal.Log
}

func newWorld() *world {
	w := &world{Memory: storetest.NewMemory(), places: map[string]string{"acme": "r", "other": "r2"}, taken: map[string]bool{}}
	w.log = journal.New(journal.Options{Space: w.Open("journal.r"), Writer: &journal.Writer{}, Keep: time.Hour, Most: 1000, Now: time.Now, NewID: rand.Text})
	return w
}

// process makes a process of the world.
func (w *world) process() *issued.Tokens {
	return issued.New(issued.Options{
		Space: w.Open(issued.SpaceName), Now: time.Now,
		Place:   func(tenant string) (string, bool) { place, there := w.places[tenant]; return place, there },
		Taken:   func(_, id string) bool { return w.taken[id] },
		Journal: func(string) *journal.Log { return w.log },
	})
}

// loads counts the readings since the last time.
func (w *world) loads() (n int) {
	for _, op := range w.Ops() {
		if op.Tenant == issued.SpaceName && op.Name == "Load" {
			n++
		}
	}
	w.Reset()
	return n
}

func mustMake(t *testing.T, p *issued.Tokens, expires time.Time) (string, string) {
	t.Helper()
	text, made, err := p.Make(t.Context(), "acme", "eva", expires)
	if err != nil {
		t.Fatal(err)
	}
	return text.Reveal(), made.ID
}

// is checks what becomes of a token. want is nil, or an error.
func is(t *testing.T, p *issued.Tokens, text string, want error) {
	t.Helper()
	tenant, key, err := p.Lookup(t.Context(), text, time.Now())
	named := want == nil || errors.Is(want, tokens.ErrRevoked) || errors.Is(want, tokens.ErrExpired)
	if !errors.Is(err, want) || (tenant == "acme") != named || (key != "") != named {
		t.Errorf("%s %s %v, want %v", tenant, key, err, want)
	}
}

// after lets time pass in a bubble of synctest.
func after(d time.Duration) { time.Sleep(d); synctest.Wait() }

// A token works in the process that made it at once, and in another within Every; so does its end.
// It is refused for each of its reasons, and a guess for none of them.
func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a, b := w.process(), w.process()
		text, id := mustMake(t, a, time.Time{})
		short, _ := mustMake(t, a, time.Now().Add(time.Hour))
		guess, err := tokens.Mint(rand.Reader, "acme", id)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*issued.Tokens{a, b} {
			is(t, p, text, nil)
			is(t, p, short, nil)
			is(t, p, guess.Reveal(), tokens.ErrUnknown)
			is(t, p, text+"x", tokens.ErrMalformed)
		}
		after(time.Second)
		late, _ := mustMake(t, a, time.Time{})
		is(t, b, late, tokens.ErrUnknown) // not read yet
		after(issued.Every)
		is(t, b, late, nil)
		if err := a.Revoke(t.Context(), "acme", id, "bob"); err != nil {
			t.Fatal(err)
		}
		is(t, a, text, tokens.ErrRevoked)
		after(issued.Every)
		is(t, b, text, tokens.ErrRevoked)
		is(t, b, guess.Reveal(), tokens.ErrUnknown)
		after(time.Hour)
		is(t, a, short, tokens.ErrExpired)
		is(t, b, short, tokens.ErrExpired)
		if _, _, err := a.Make(t.Context(), "acme", "eva", time.Now()); err == nil {
			t.Error("a token that has expired is made")
		}
		if _, _, err := a.Make(t.Context(), "nobody", "eva", time.Time{}); !errors.Is(err, issued.ErrNoTenant) {
			t.Error(err)
		}
		for range 2 { // again: it stays as it is
			if err := a.Revoke(t.Context(), "acme", id, "mallory"); err != nil {
				t.Error(err)
			}
		}
		if err := a.Revoke(t.Context(), "acme", "none", "bob"); !errors.Is(err, issued.ErrNoToken) {
			t.Error(err)
		}
		all, err := a.List(t.Context(), "acme")
		if err != nil || len(all) != 3 || all[0].SHA256 != "" || all[0].By != "eva" || all[0].RevokedBy != "bob" || all[0].State(time.Now()) != issued.Revoked {
			t.Errorf("%+v %v", all, err)
		}
	})
}

// A token is of one tenant and one place. A file's key of the same id is the file's alone.
func TestPlaces(t *testing.T) {
	w := newWorld()
	p := w.process()
	text, id := mustMake(t, p, time.Time{})
	w.places["acme"] = "r9"
	is(t, p, text, tokens.ErrRevoked)
	w.places["acme"] = "r"
	is(t, p, text, nil)
	w.taken[id] = true
	is(t, p, text, tokens.ErrUnknown)
	w.taken[id] = false
	delete(w.places, "acme")
	is(t, p, text, tokens.ErrUnknown)
	w.places["acme"] = "r"
	is(t, p, text, nil)

	// The record of another tenant does not make it valid there.
	found, err := w.Open(issued.SpaceName).Load(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Open(issued.SpaceName).Save(t.Context(), "other", store.Record{Body: found["acme"].Body}); err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(text, "acme", "other", 1)
	if _, _, err := p.Lookup(t.Context(), forged, time.Now()); !errors.Is(err, tokens.ErrMalformed) {
		t.Error(err)
	}
	mint, err := tokens.Mint(rand.Reader, "other", id)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Lookup(t.Context(), mint.Reveal(), time.Now()); !errors.Is(err, tokens.ErrUnknown) {
		t.Error(err)
	}
}

// A revocation holds at once in a process whose clock is behind that of the one that made it.
func TestClocks(t *testing.T) {
	now := time.Now()
	if got := (issued.Token{Revoked: now.Add(10 * time.Minute)}).State(now); got != issued.Revoked {
		t.Error(got)
	}
}

// A rotation lets other tokens expire after the overlap, but none live longer.
func TestRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		p := w.process()
		long, _ := mustMake(t, p, time.Time{})
		short, _ := mustMake(t, p, time.Now().Add(time.Minute))
		kept, keptID := mustMake(t, p, time.Time{})
		text, _, err := p.Rotate(t.Context(), "acme", "eva", time.Time{}, time.Hour, func(one issued.Token) bool { return one.ID != keptID })
		if err != nil {
			t.Fatal(err)
		}
		is(t, p, long, nil)
		after(time.Minute)
		is(t, p, short, tokens.ErrExpired)
		after(time.Hour)
		is(t, p, long, tokens.ErrExpired)
		is(t, p, kept, nil)
		is(t, p, text.Reveal(), nil)
		if _, _, err := p.Rotate(t.Context(), "acme", "eva", time.Time{}, 0, nil); err != nil {
			t.Fatal(err)
		}
		is(t, p, text.Reveal(), tokens.ErrExpired)
		is(t, p, kept, tokens.ErrExpired)
	})
}

// Unknown tokens cost one reading for each tenant and Every, also if many come at once. Those of
// unknown tenants cost none.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		p := w.process()
		flood := func(tenant string, n int) {
			var all sync.WaitGroup
			for range n {
				guess, err := tokens.Mint(rand.Reader, tenant, "i1")
				if err != nil {
					t.Fatal(err)
				}
				all.Go(func() { is(t, p, guess.Reveal(), tokens.ErrUnknown) })
			}
			all.Wait()
		}
		flood("acme", 500)
		flood("other", 500)
		flood("nobody", 500)
		if n := w.loads(); n != 2 {
			t.Errorf("%d readings", n)
		}
		after(issued.Every)
		flood("acme", 500)
		flood("acme", 500)
		if n := w.loads(); n != 1 {
			t.Errorf("%d readings", n)
		}
		w.SetDown(store.Unavailable(t.Context(), "test", errors.New("down")))
		after(issued.Every)
		for range 500 {
			guess, _ := tokens.Mint(rand.Reader, "acme", "i1")
			is(t, p, guess.Reveal(), issued.ErrUnread)
		}
		if n := w.loads(); n != 1 {
			t.Errorf("%d readings while the store is down", n)
		}
	})
}

// A request that ends while it waits for the store has no unknown token. The reading that it began
// serves others.
func TestSlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		text, _ := mustMake(t, w.process(), time.Time{})
		p := w.process()
		w.OnOp(func(context.Context, storetest.Op) error { time.Sleep(time.Second); return nil })
		w.Reset()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, _, err := p.Lookup(ctx, text, time.Now()); !errors.Is(err, issued.ErrUnread) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		is(t, p, text, nil)
		if n := w.loads(); n != 1 {
			t.Errorf("%d readings", n)
		}
	})
}

// While the store is down, tokens that were read hold for 30 seconds; what is not known is unread,
// never unknown. Revoked and expired ones stay so.
func TestStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		p := w.process()
		text, _ := mustMake(t, p, time.Time{})
		gone, id := mustMake(t, p, time.Time{})
		short, _ := mustMake(t, p, time.Now().Add(35*time.Second))
		if err := p.Revoke(t.Context(), "acme", id, "eva"); err != nil {
			t.Fatal(err)
		}
		late, _ := mustMake(t, w.process(), time.Time{})
		w.SetDown(store.Unavailable(t.Context(), "test", errors.New("down")))
		is(t, w.process(), text, issued.ErrUnread)
		for at := time.Duration(0); at < 40*time.Second; at += issued.Every {
			var want error
			if at >= issued.Stale {
				want = issued.ErrUnread
			}
			is(t, p, text, want)
			is(t, p, gone, tokens.ErrRevoked)
			if at >= issued.Every {
				is(t, p, late, issued.ErrUnread)
			}
			if at >= 36*time.Second {
				is(t, p, short, tokens.ErrExpired)
			}
			if notes := p.Notes(); (len(notes) == 1) != (at >= issued.Stale) {
				t.Errorf("after %s: %q", at, notes)
			}
			after(issued.Every)
		}
		if _, _, err := p.Make(t.Context(), "acme", "eva", time.Time{}); err == nil {
			t.Error("a token is made without the store")
		}
		w.SetDown(nil)
		after(issued.Every)
		is(t, p, text, nil)
		is(t, p, late, nil)
		if notes := p.Notes(); len(notes) > 0 {
			t.Error(notes)
		}
	})
}

// A damaged record is neither an empty one nor overwritten. The other tenants do not notice, and
// Drop removes it.
func TestDamaged(t *testing.T) {
	for name, body := range map[string]string{"not JSON": "{", "a bad hash": `{"tokens":[{"id":"i1","sha256":"00"}]}`} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			p := w.process()
			if _, err := w.Open(issued.SpaceName).Save(t.Context(), "acme", store.Record{Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			guess, _ := tokens.Mint(rand.Reader, "acme", "i1")
			is(t, p, guess.Reveal(), issued.ErrUnread)
			if _, _, err := p.Make(t.Context(), "acme", "eva", time.Time{}); !errors.Is(err, store.ErrUnreadable) || !strings.Contains(err.Error(), "acme") {
				t.Errorf("%s: %v", name, err)
			}
			if notes := p.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "tenant acme") {
				t.Errorf("%s: %q", name, notes)
			}
			if _, _, err := p.Make(t.Context(), "other", "eva", time.Time{}); err != nil {
				t.Error(err)
			}
			if _, err := p.Drop(t.Context(), "acme", "eva"); err != nil {
				t.Error(err)
			}
			text, _ := mustMake(t, p, time.Time{})
			is(t, p, text, nil)
		})
	}
}

// Processes that make and revoke at the same time lose nothing, and have no id twice.
func TestTogether(t *testing.T) {
	w := newWorld()
	a, b := w.process(), w.process()
	var mu sync.Mutex
	texts := map[string]string{}
	var together sync.WaitGroup
	for i := range 40 {
		p := []*issued.Tokens{a, b}[i%2]
		together.Go(func() {
			text, made, err := p.Make(t.Context(), "acme", "eva", time.Time{})
			if err == nil && i%4 > 1 {
				err = p.Revoke(t.Context(), "acme", made.ID, "eva")
			}
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			texts[text.Reveal()] = made.ID
		})
	}
	together.Wait()
	fresh := w.process()
	live, ids := 0, map[string]bool{}
	for text, id := range texts {
		ids[id] = true
		switch _, _, err := fresh.Lookup(t.Context(), text, time.Now()); {
		case err == nil:
			live++
		case !errors.Is(err, tokens.ErrRevoked):
			t.Error(err)
		}
	}
	if live != 20 || len(ids) != 40 {
		t.Errorf("%d live, %d ids", live, len(ids))
	}
	made, err := w.log.Find(t.Context(), journal.Query{Verb: string(journal.TokenMade)})
	revoked, failed := w.log.Find(t.Context(), journal.Query{Verb: string(journal.TokenRevoked)})
	if err != nil || failed != nil || len(made) != 40 || len(revoked) != 20 || made[0].Operator != "eva" || !ids[made[0].Name] {
		t.Errorf("%d %v, %d %v", len(made), err, len(revoked), failed)
	}
}

// Of a tenant, so many tokens may be live; those that have ended are forgotten, the oldest first.
func TestBounds(t *testing.T) {
	w := newWorld()
	p := w.process()
	var ids []string
	for range 50 {
		_, id := mustMake(t, p, time.Time{})
		ids = append(ids, id)
	}
	if _, _, err := p.Make(t.Context(), "acme", "eva", time.Time{}); err == nil || !strings.Contains(err.Error(), "revoke some") {
		t.Error(err)
	}
	if gone, err := p.RevokeAll(t.Context(), "acme", "eva", nil); err != nil || len(gone) != 50 {
		t.Error(len(gone), err)
	}
	for range 2 {
		for range 50 {
			mustMake(t, p, time.Time{})
		}
		if _, err := p.RevokeAll(t.Context(), "acme", "eva", nil); err != nil {
			t.Error(err)
		}
	}
	all, err := p.List(t.Context(), "acme")
	if err != nil || len(all) != 100 {
		t.Fatal(len(all), err)
	}
	for _, one := range all {
		if one.ID == ids[0] {
			t.Error("the oldest is kept")
		}
	}
	if gone, err := p.RevokeAll(t.Context(), "other", "eva", nil); err != nil || len(gone) != 0 {
		t.Error(gone, err)
	}
}

// A change that the journal cannot note is refused, and leaves nothing behind: no token is made,
// none expires, and none is revoked.
func TestJournalIsDown(t *testing.T) {
	w := newWorld()
	p := w.process()
	_, id := mustMake(t, p, time.Time{})
	before, err := p.List(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	w.OnOp(func(ctx context.Context, op storetest.Op) error {
		if strings.HasPrefix(op.Tenant, "journal.") && op.Name == "Save" {
			return store.Unavailable(ctx, "test", errors.New("full"))
		}
		return nil
	})
	none := func(text tokens.Token, made issued.Token, err error) error {
		if text.Reveal() != "" || made.ID != "" {
			t.Errorf("%+v", made)
		}
		return err
	}
	for name, err := range map[string]error{
		"make":   none(p.Make(t.Context(), "acme", "eva", time.Time{})),
		"rotate": none(p.Rotate(t.Context(), "acme", "eva", time.Time{}, time.Hour, nil)),
		"revoke": p.Revoke(t.Context(), "acme", id, "eva"),
		"all":    func() error { _, err := p.RevokeAll(t.Context(), "acme", "eva", nil); return err }(),
		"drop":   func() error { _, err := p.Drop(t.Context(), "acme", "eva"); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), "nothing is changed") {
			t.Errorf("%s: %v", name, err)
		}
		if all, err := p.List(t.Context(), "acme"); err != nil || !slices.Equal(all, before) {
			t.Errorf("%s: %+v %v", name, all, err)
		}
	}
}

// The entry of a change that fails says so.
func TestChangeFails(t *testing.T) {
	w := newWorld()
	p := w.process()
	_, id := mustMake(t, p, time.Time{})
	w.OnOp(func(ctx context.Context, op storetest.Op) error {
		if op.Tenant == issued.SpaceName && op.Name == "Save" {
			return store.Unavailable(ctx, "test", errors.New("full"))
		}
		return nil
	})
	if _, _, err := p.Rotate(t.Context(), "acme", "eva", time.Time{}, time.Hour, nil); err == nil {
		t.Error("the token was made")
	}
	if err := p.Revoke(t.Context(), "acme", id, "eva"); err == nil {
		t.Error("the token was revoked")
	}
	all, err := w.log.Find(t.Context(), journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range all {
		said = append(said, e.Verb+" "+string(e.State))
	}
	if got := strings.Join(said, ", "); got != "token made done, token made failed, token revoked failed" {
		t.Error(got)
	}
}

// A tenant that is removed and added again has none of its former tokens, in any process.
func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a, b := w.process(), w.process()
		text, id := mustMake(t, a, time.Time{})
		is(t, b, text, nil)
		delete(w.places, "acme")
		if gone, err := a.Drop(t.Context(), "acme", "eva"); err != nil || len(gone) != 1 || gone[0] != id {
			t.Error(gone, err)
		}
		w.places["acme"] = "r"
		is(t, a, text, tokens.ErrUnknown)
		after(issued.Every)
		is(t, b, text, tokens.ErrUnknown)
	})
}

// Run reads tokens that are not used, tells that they have changed, and forgets what is gone.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a := w.process()
		changed := 0
		b := issued.New(issued.Options{
			Space: w.Open(issued.SpaceName), Now: time.Now, Changed: func() { changed++ },
			Place: func(tenant string) (string, bool) { place, there := w.places[tenant]; return place, there },
		})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go b.Run(ctx)
		synctest.Wait()
		if len(b.Known("acme")) != 0 || changed != 0 {
			t.Error(b.Known("acme"), changed)
		}
		mustMake(t, a, time.Time{})
		after(time.Minute)
		if len(b.Known("acme")) != 1 || changed != 1 {
			t.Error(b.Known("acme"), changed)
		}
		if _, err := a.Drop(t.Context(), "acme", "eva"); err != nil {
			t.Fatal(err)
		}
		after(time.Minute)
		if len(b.Known("acme")) != 0 || changed != 2 {
			t.Error(b.Known("acme"), changed)
		}
	})
}

// An answer shows its text to the operator only: not in a log line.
func TestAnswer(t *testing.T) {
	w := newWorld()
	p := w.process()
	a, err := p.Do(t.Context(), issued.Request{Tenant: "acme", Action: issued.ActionMake, By: "eva"})
	if err != nil || a.Text == "" || len(a.Tokens) != 1 {
		t.Fatal(err)
	}
	if shown := fmt.Sprintf("%v %+v %s", a, a, a); strings.Contains(shown, a.Text) {
		t.Error(shown)
	}
	all, err := p.Do(t.Context(), issued.Request{Action: issued.ActionList})
	if err != nil || len(all.All["acme"]) != 1 || all.All["acme"][0].State != issued.Live {
		t.Errorf("%+v %v", all, err)
	}
	body, err := json.Marshal([]any{a.Tokens, all})
	if err != nil || strings.Contains(string(body), "sha256") || strings.Contains(string(body), a.Text) {
		t.Errorf("%s %v", body, err)
	}
	for _, r := range []issued.Request{{Action: issued.ActionRotate}, {Action: issued.ActionRevoke, ID: a.Made}, {Action: issued.ActionRevokeAll}, {Action: issued.ActionList}, {Action: issued.ActionDrop}} {
		r.Tenant, r.By = "acme", "eva"
		if _, err := p.Do(t.Context(), r); err != nil {
			t.Errorf("%s: %v", r.Action, err)
		}
	}
	if _, err := p.Do(t.Context(), issued.Request{Tenant: "acme", Action: "other"}); err == nil {
		t.Error("an unknown action")
	}
	if all, err := p.List(t.Context(), "acme"); err != nil || len(all) != 0 {
		t.Errorf("%+v %v", all, err)
	}
}
