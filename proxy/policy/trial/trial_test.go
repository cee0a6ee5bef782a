package trial_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/policy/trial"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// world is a store, a journal, and a tenant whose resources are made by next.
type world struct {
	t       *testing.T
	engine  *storetest.Memory
	log     *journal.Log
	now     atomic.Int64
	ids     atomic.Int64
	since   time.Time
	open    bool
	request atomic.Int64
	fail    error // of the next calls
	done    atomic.Int64
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, engine: storetest.NewMemory(), open: true}
	w.now.Store(1_800_000_000)
	w.since = w.clock()
	w.log = journal.New(journal.Options{Space: w.engine.Open("journal.r"), Writer: &journal.Writer{}, Values: true, Now: w.clock, NewID: func() string { return fmt.Sprintf("%010d", w.ids.Add(1)) }})
	return w
}

func (w *world) clock() time.Time { return time.Unix(w.now.Load(), 0) }

func (w *world) process() *trial.Trial {
	return trial.New(trial.Options{
		Tenant: "acme", Space: w.engine.Open("invites"), Journal: w.log, Doubt: 2 * time.Minute, Now: w.clock,
		Open:    func(context.Context) (time.Time, bool, error) { return w.since, w.open, nil },
		Ended:   func(context.Context) error { return nil },
		Request: func(context.Context) string { return fmt.Sprint("q", w.request.Load()) },
	})
}

// Do is the Service behind the trial.
func (w *world) Do(ctx context.Context, c protocol.Call) (protocol.Answer, error) {
	if !trial.In(ctx) {
		w.t.Error("a write within a trial is not marked")
	}
	w.done.Add(1)
	if w.fail != nil {
		return protocol.Answer{}, w.fail
	}
	if c, ok := c.(protocol.Create); ok {
		return protocol.Answer{Made: scim.Ref{Type: c.Type, ID: fmt.Sprint("id", w.ids.Add(1))}}, nil
	}
	return protocol.Answer{}, nil
}

func (w *world) do(p *trial.Trial, c protocol.Call) (scim.Ref, error) {
	w.request.Add(1)
	a, decided, err := p.Do(context.Background(), c, w)
	if !decided {
		w.t.Errorf("%s: not decided", c.Verb())
	}
	return a.Made, err
}

func user() protocol.Create {
	return protocol.Create{Type: scim.User, Body: document.Must(`{"userName":"a"}`)}
}
func group() protocol.Create {
	return protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"g"}`)}
}

func (w *world) made(p *trial.Trial, c protocol.Call) scim.Ref {
	w.t.Helper()
	ref, err := w.do(p, c)
	if err != nil || ref.ID == "" {
		w.t.Fatal(ref, err)
	}
	return ref
}

// The trial changes what it has made, in every process, and nothing else. All else is 429.
func TestOwn(t *testing.T) {
	w := newWorld(t)
	p, q := w.process(), w.process()
	u, g := w.made(p, user()), w.made(q, group())
	for _, ref := range []scim.Ref{u, g} {
		for _, c := range []protocol.Call{protocol.Patch{Ref: ref}, protocol.Replace{Ref: ref}} {
			if _, err := w.do(q, c); err != nil {
				t.Errorf("%s %v: %v", c.Verb(), ref, err)
			}
		}
	}
	before := w.done.Load()
	for name, ref := range map[string]scim.Ref{
		"existing": {Type: scim.User, ID: "boss"}, "no id": {Type: scim.User}, "another type": {Type: scim.Group, ID: u.ID}, "another case": {Type: scim.User, ID: strings.ToUpper(u.ID)},
		"existing group": {Type: scim.Group, ID: "admins"}, "a blank": {Type: scim.User, ID: u.ID + " "},
	} {
		for _, c := range []protocol.Call{protocol.Patch{Ref: ref}, protocol.Replace{Ref: ref}, protocol.Delete{Ref: ref}} {
			_, err := w.do(p, c)
			if scim.Status(err) != 429 || scim.AsError(err).RetryAfter == 0 || !strings.Contains(err.Error(), "acme") {
				t.Errorf("%s, %s: %v", name, c.Verb(), err)
			}
		}
	}
	if w.done.Load() != before {
		t.Error("a held write was done")
	}
	if _, err := w.do(p, protocol.Delete{Ref: u}); err != nil {
		t.Error(err)
	}
	w.fail = scim.NotFound(u)
	if _, err := w.do(q, protocol.Patch{Ref: u}); scim.Status(err) != 404 {
		t.Errorf("a deleted user: %v", err)
	}
}

// Reads and operators' calls are not for the trial to decide, and nothing is if none is open.
func TestNotDecided(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	if _, decided, _ := p.Do(t.Context(), protocol.Restore{}, w); decided {
		t.Error("a restore is decided")
	}
	w.open = false
	for _, c := range []protocol.Call{user(), protocol.Delete{Ref: scim.Ref{Type: scim.User, ID: "x"}}} {
		if _, decided, err := p.Do(t.Context(), c, w); decided || err != nil {
			t.Error(c.Verb(), err)
		}
	}
	if w.done.Load() > 0 {
		t.Error("something was done")
	}
	p.Open = func(context.Context) (time.Time, bool, error) { return time.Time{}, false, store.ErrUnavailable }
	if _, decided, err := p.Do(t.Context(), user(), w); !decided || scim.Status(err) != 503 {
		t.Error(decided, err)
	}
}

// Concurrent creates of two processes make as many users as are allowed, and not one more. Groups
// have a bound of their own, and a deletion gives a place back.
func TestBound(t *testing.T) {
	w := newWorld(t)
	var ok, held atomic.Int64
	var all sync.WaitGroup
	for range 2 {
		p := w.process()
		for range 20 {
			all.Go(func() {
				_, _, err := p.Do(context.Background(), user(), w)
				switch scim.Status(err) {
				case 429:
					held.Add(1)
				default:
					if err != nil {
						t.Error(err)
					}
					ok.Add(1)
				}
			})
		}
	}
	all.Wait()
	if ok.Load() != trial.Most || held.Load() != 40-trial.Most || w.done.Load() != trial.Most {
		t.Errorf("%d made, %d held, %d done", ok.Load(), held.Load(), w.done.Load())
	}
	p := w.process()
	for range trial.Most {
		w.made(p, group())
	}
	if _, err := w.do(p, group()); scim.Status(err) != 429 || !strings.Contains(err.Error(), "25 groups") {
		t.Error(err)
	}
	// Another trial has made nothing, and what the former one has made is not its own.
	w.since = w.since.Add(time.Hour)
	w.now.Add(7200)
	u := w.made(p, user())
	if _, err := w.do(p, protocol.Delete{Ref: u}); err != nil {
		t.Error(err)
	}
	if _, err := w.do(p, protocol.Delete{Ref: scim.Ref{Type: scim.User, ID: "id1"}}); scim.Status(err) != 429 {
		t.Error(err)
	}
}

// Creating and deleting without end is bounded too.
func TestEver(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	for n := range 1000 {
		u, err := w.do(p, user())
		if scim.Status(err) == 429 {
			if n != 250 {
				t.Errorf("held after %d", n)
			}
			return
		}
		if _, err := w.do(p, protocol.Delete{Ref: u}); err != nil {
			t.Fatal(err)
		}
	}
	t.Error("there is no bound")
}

// A refused create takes no place. One whose outcome is lost keeps it, until the journal says what
// became of it: then its resource can be changed.
func TestDoubt(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	w.fail = scim.Uniqueness("taken")
	for range trial.Most + 5 {
		if _, err := w.do(p, user()); scim.Status(err) != 409 {
			t.Fatal(err)
		}
	}
	w.fail = scim.Unavailable("Keycloak", errors.New("no answer"))
	for range trial.Most {
		if _, err := w.do(p, user()); scim.Status(err) != 503 {
			t.Fatal(err)
		}
	}
	if _, err := w.do(p, user()); scim.Status(err) != 429 {
		t.Errorf("creates in doubt do not count: %v", err)
	}
	lost := fmt.Sprint("q", w.request.Load()-1) // the last one that was begun
	entry := func(tenant, request string, s journal.State, target string) journal.Entry {
		t.Helper()
		e := journal.Entry{Who: journal.Who{Tenant: tenant}, Request: request, Verb: "create", Type: scim.User}
		if err := w.log.Begin(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		if s != journal.Open {
			e.State, e.Target = s, target
			if err := w.log.Settle(t.Context(), &e); err != nil {
				t.Fatal(err)
			}
		}
		return e
	}
	entry("globex", lost, journal.Done, "globex-user") // another tenant may choose the same id
	ours := entry("acme", lost, journal.Open, "")
	patch := func(id string) int {
		w.fail = nil
		_, err := w.do(p, protocol.Patch{Ref: scim.Ref{Type: scim.User, ID: id}})
		return scim.Status(err)
	}
	if patch("late") != 429 {
		t.Error("an open create has a resource")
	}
	w.now.Add(600)
	if w.fail = nil; patch("globex-user") != 429 {
		t.Error("another tenant's user is changed")
	}
	ours.State, ours.Target = journal.Done, "late"
	if err := w.log.Settle(t.Context(), &ours); err != nil {
		t.Fatal(err)
	}
	w.fail = scim.Uniqueness("x") // the next create resolves the places of those that were never begun
	if _, err := w.do(p, user()); scim.Status(err) != 409 {
		t.Errorf("places of lost creates are kept for ever: %v", err)
	}
	if status := patch("late"); status != 0 && status != 200 {
		t.Errorf("the resource of a create that was resolved cannot be changed: %d", status)
	}
}

// An entry from before the trial never makes its resource one of the trial, although callers choose
// the ids of their requests.
func TestOldEntries(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	w.now.Add(-3600)
	old := journal.Entry{Who: journal.Who{Tenant: "acme"}, Request: "q1", Verb: "create", Type: scim.User, Target: "boss"}
	if err := w.log.Begin(t.Context(), &old); err != nil {
		t.Fatal(err)
	}
	old.State = journal.Done
	if err := w.log.Settle(t.Context(), &old); err != nil {
		t.Fatal(err)
	}
	w.now.Add(3600)
	w.fail = scim.Unavailable("Keycloak", errors.New("x"))
	if _, err := w.do(p, user()); scim.Status(err) != 503 {
		t.Fatal(err)
	}
	w.fail = nil
	if _, err := w.do(p, protocol.Delete{Ref: scim.Ref{Type: scim.User, ID: "boss"}}); scim.Status(err) != 429 {
		t.Error(err)
	}
}

// While the store is down, nothing passes; if it fails after a create, the answer stays.
func TestStoreDown(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	u := w.made(p, user())
	w.engine.SetDown(store.ErrUnavailable)
	for _, c := range []protocol.Call{user(), protocol.Patch{Ref: u}} {
		if _, err := w.do(p, c); scim.Status(err) != 503 {
			t.Error(err)
		}
	}
	w.engine.SetDown(nil)
	saves := 0
	w.engine.OnOp(func(_ context.Context, op storetest.Op) error {
		if op.Name == "Save" {
			if saves++; saves > 1 {
				return store.ErrUnavailable
			}
		}
		return nil
	})
	if ref, err := w.do(p, user()); err != nil || ref.ID == "" {
		t.Error(ref, err)
	}
}

// members is a directory that notes what reaches it.
type members struct {
	directory.Directory
	reached int
}

func (m *members) Create(context.Context, scim.ResourceType, scim.Resource) (scim.Resource, error) {
	m.reached++
	return scim.Resource{}, nil
}

func (m *members) Update(context.Context, scim.Ref, directory.Edit) (scim.Resource, error) {
	m.reached++
	return scim.Resource{}, nil
}

func (m *members) ChangeMembers(context.Context, scim.Ref, directory.MemberChange) error {
	m.reached++
	return nil
}

// Members of groups are users of the trial, however they come.
func TestMembers(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	u, g := w.made(p, user()), w.made(p, group())
	below := &members{}
	d := trial.Within(below)
	ways := map[string]func(ctx context.Context, m directory.MemberChange) error{
		"create": func(ctx context.Context, m directory.MemberChange) error {
			_, err := d.Create(directory.WithMembersToCome(ctx, m), scim.Group, scim.Resource{})
			return err
		},
		"update": func(ctx context.Context, m directory.MemberChange) error {
			_, err := d.Update(directory.WithMembersToCome(ctx, m), g, nil)
			return err
		},
		"members": func(ctx context.Context, m directory.MemberChange) error { return d.ChangeMembers(ctx, g, m) },
	}
	changes := []struct {
		directory.MemberChange

		ok bool
	}{
		{directory.MemberChange{Add: []string{u.ID}}, true},
		{directory.MemberChange{Replace: true, Add: []string{u.ID}}, true},
		{directory.MemberChange{Replace: true}, true},
		{directory.MemberChange{Remove: []string{"boss"}}, true},
		{directory.MemberChange{Add: []string{"boss"}}, false},
		{directory.MemberChange{Add: []string{u.ID, "boss"}}, false},
		{directory.MemberChange{Replace: true, Add: []string{"boss"}}, false},
		{directory.MemberChange{Add: []string{g.ID}}, false},
	}
	for name, way := range ways {
		for _, c := range changes {
			before := below.reached
			_, _, err := p.Do(t.Context(), protocol.Patch{Ref: g}, protocol.ServiceFunc(func(ctx context.Context, _ protocol.Call) (protocol.Answer, error) {
				return protocol.Answer{}, way(ctx, c.MemberChange)
			}))
			if (err == nil) != c.ok || (below.reached > before) != c.ok || !c.ok && scim.Status(err) != 429 {
				t.Errorf("%s %+v: %v", name, c.MemberChange, err)
			}
			if err := way(t.Context(), c.MemberChange); err != nil { // a live tenant, or an operator
				t.Errorf("%s %+v without a trial: %v", name, c.MemberChange, err)
			}
		}
	}
}

// Noting reports reads that were answered, and whether they looked users up.
func TestNoting(t *testing.T) {
	var told []bool
	var fail error
	s := trial.Noting(protocol.ServiceFunc(func(context.Context, protocol.Call) (protocol.Answer, error) { return protocol.Answer{}, fail }),
		func(_ context.Context, matched bool) { told = append(told, matched) })
	filter := scim.Equal(scim.Identifying(scim.User), "a")
	do := func(c protocol.Call) { _, _ = s.Do(t.Context(), c) }
	do(user())
	do(protocol.List{Query: directory.Query{Type: scim.User}})
	do(protocol.List{Query: directory.Query{Type: scim.Group, Filter: filter}})
	do(protocol.List{Query: directory.Query{Type: scim.User, Filter: filter}})
	fail = scim.NotFound(scim.Ref{Type: scim.User, ID: "x"})
	do(protocol.Read{})
	fail = scim.Unavailable("Keycloak", nil)
	do(protocol.List{Query: directory.Query{Type: scim.User, Filter: filter}})
	if fmt.Sprint(told) != "[false false true false]" {
		t.Error(told)
	}
}
