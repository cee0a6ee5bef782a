package staged_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

const department = scim.EnterpriseURN + ":department"

// world is a gate, its store, and a realm in which some attributes are mapped.
type world struct {
	t      *testing.T
	memory *storetest.Memory
	now    time.Time
	mapped string
	alarms int
	looks  int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, memory: storetest.NewMemory(), now: time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC), mapped: department}
}

func (w *world) gate(change func(*staged.Options)) *staged.Gate {
	o := staged.Options{
		Tenant: "acme", Realm: "saas", Group: "acme", IDP: "entra", Staged: true, Space: w.memory.Open("live"),
		Required: staged.Resolve(scim.CoreSchemas(), []string{"title", "department"}),
		Now:      func() time.Time { return w.now },
		Fault:    func(said string) error { return errors.New(said) },
		Alarm:    func(error) { w.alarms++ },
	}
	if change != nil {
		change(&o)
	}
	return staged.New(o)
}

// do sends every kind of call, and returns the statuses.
func (w *world) do(g *staged.Gate) string {
	w.t.Helper()
	s := g.Before(protocol.ServiceFunc(func(context.Context, protocol.Call) (protocol.Answer, error) { return protocol.Answer{}, nil }),
		func(context.Context) error {
			w.looks++
			w.see(g)
			return nil
		})
	var all []string
	for _, c := range []protocol.Call{protocol.Read{}, protocol.List{}, protocol.Create{}, protocol.Replace{}, protocol.Patch{}, protocol.Delete{}} {
		_, err := s.Do(w.t.Context(), c)
		text := fmt.Sprint(scim.Status(err))
		if e, ok := errors.AsType[*scim.Error](err); ok && e.RetryAfter > 0 {
			text += fmt.Sprint("+", e.RetryAfter)
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func (w *world) see(g *staged.Gate) { g.See(w.mapped, w.placement(w.mapped)) }

func (w *world) placement(mapped string) func(scim.AttrPath) directory.Placement {
	return func(p scim.AttrPath) directory.Placement {
		if p.String() == mapped {
			return directory.Normalised
		}
		return directory.StoreOnly
	}
}

func (w *world) prove(g *staged.Gate) {
	w.t.Helper()
	p := staged.Proof{By: "ada", Places: map[string]staged.Place{"title": staged.Store, department: staged.Keycloak}}
	if _, err := g.Prove(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
}

const (
	open   = "0 0 0 0 0 0"
	closed = "0 0 429+300 429+300 429+300 429+300"
)

func (w *world) want(what string, g *staged.Gate, want string) {
	w.t.Helper()
	if got := w.do(g); got != want {
		w.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// A staged tenant reads, and writes when there is a proof for its realm, group, provider and
// attributes. A tenant whose file says live needs none.
func TestStaged(t *testing.T) {
	w := newWorld(t)
	g := w.gate(nil)
	w.want("staged", g, closed)
	w.want("live by its file", w.gate(func(o *staged.Options) { o.Staged = false }), open)
	w.prove(g)
	w.want("proven", g, open)
	for _, row := range []struct {
		what   string
		change func(*staged.Options)
		want   string
	}{
		{"after a restart", func(*staged.Options) {}, open},
		{"fewer attributes", func(o *staged.Options) { o.Required = o.Required[:1] }, open},
		{"another attribute", func(o *staged.Options) { o.Required = append(o.Required, scim.AttrPath{Name: "locale"}) }, closed},
		{"another realm", func(o *staged.Options) { o.Realm = "corp" }, closed},
		{"another group", func(o *staged.Options) { o.Group = "" }, closed},
		{"another provider", func(o *staged.Options) { o.IDP = "okta" }, closed},
		{"another tenant", func(o *staged.Options) { o.Tenant = "globex" }, closed},
	} {
		w.want(row.what, w.gate(row.change), row.want)
	}
	if err := g.Withdraw(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want("withdrawn", g, closed)
}

// The proof keeps the time since when the tenant is live. A damaged record does not count.
func TestProof(t *testing.T) {
	w := newWorld(t)
	g, first := w.gate(nil), w.now
	w.prove(g)
	w.now = w.now.Add(time.Hour)
	w.prove(g)
	if s := w.gate(nil).State(t.Context()); !s.Live || !s.Proof.Since.Equal(first) || !s.Proof.Verified.Equal(w.now) || s.Proof.By != "ada" {
		t.Errorf("%+v", s.Proof)
	}
	space := w.memory.Open("live")
	found, err := space.Load(t.Context(), "acme")
	if err == nil {
		_, err = space.Save(t.Context(), "acme", store.Record{Rev: found["acme"].Rev, Body: []byte("{")})
	}
	if err != nil {
		t.Fatal(err)
	}
	w.want("damaged", w.gate(nil), closed)
}

// A withdrawal and a proof by another process take effect within five seconds. A store that is down
// does not hold a tenant whose proof is known, and does not open the gate.
func TestOtherProcess(t *testing.T) {
	w := newWorld(t)
	one, two := w.gate(nil), w.gate(nil)
	w.want("staged", two, closed)
	w.prove(one)
	w.want("a moment later", two, closed)
	w.now = w.now.Add(5 * time.Second)
	w.want("proven by the other", two, open)
	w.memory.SetDown(errors.New("down"))
	w.now = w.now.Add(time.Hour)
	w.want("the store is down", two, open)
	w.want("the store is down after a restart", w.gate(nil), "0 0 503+5 503+5 503+5 503+5")
	w.memory.SetDown(nil)
	if err := one.Withdraw(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want("withdrawn by the other", two, closed)
}

// A required attribute that lives elsewhere is an alarm, or holds writes; mended, it is neither.
func TestMoved(t *testing.T) {
	for _, stop := range []bool{false, true} {
		w := newWorld(t)
		g := w.gate(func(o *staged.Options) { o.Stop = stop })
		w.prove(g)
		w.want("as verified", g, open)
		if w.alarms > 0 || w.looks == 0 {
			t.Errorf("%d alarms, %d looks", w.alarms, w.looks)
		}
		w.mapped = ""
		want := map[bool]string{false: open, true: closed}[stop]
		w.want("moved", g, want)
		if w.alarms == 0 {
			t.Error("no alarm")
		}
		before := w.alarms
		w.see(g) // a read of the same profile
		s := g.State(t.Context())
		if _, names := g.Shown(t.Context()); w.alarms != before+1 || len(s.Moved) != 1 || fmt.Sprint(names) != "["+department+"]" ||
			s.Moved[0].String() != department+" was verified to live in Keycloak and lives in the store now" {
			t.Errorf("%d alarms, %+v", w.alarms, s)
		}
		if err := g.Check(t.Context(), w.placement("")); err == nil {
			t.Error("a diagnosis sees nothing")
		}
		w.mapped = department
		w.want("mended", g, open)
		if err := g.Check(t.Context(), w.placement(department)); err != nil {
			t.Error(err)
		}
		// The other way round: what was kept is hidden by a mapping.
		w.mapped = "title"
		w.want("both moved", g, want)
	}
}

// An attribute that is not required any more may live anywhere.
func TestNotRequiredAnyMore(t *testing.T) {
	w := newWorld(t)
	w.prove(w.gate(nil))
	w.mapped = ""
	w.want("fewer attributes", w.gate(func(o *staged.Options) { o.Required, o.Stop = o.Required[:1], true }), open)
	if w.alarms > 0 {
		t.Error(w.alarms)
	}
}

// tried is a trial that ends.
type tried struct {
	ended func() error
}

func (tried) Do(context.Context, protocol.Call, protocol.Service) (protocol.Answer, bool, error) {
	return protocol.Answer{}, false, nil
}

func (t tried) End(context.Context) error { return t.ended() }

// A tenant goes live after its trial has ended, and not if that cannot be noted.
func TestTrialEnds(t *testing.T) {
	w := newWorld(t)
	ends, fails := 0, errors.New("the store does not answer")
	g := w.gate(func(o *staged.Options) {
		o.Trial = tried{func() error {
			ends++
			if found, err := o.Space.Load(t.Context(), "acme"); err != nil || len(found) > 0 {
				t.Error("the proof is in the store before the trial has ended")
			}
			return fails
		}}
	})
	if _, err := g.Prove(t.Context(), staged.Proof{}); !errors.Is(err, fails) || ends != 1 {
		t.Error(err, ends)
	}
	w.want("its trial did not end", g, closed)
	fails = nil
	w.prove(g)
	w.want("proven", g, open)
	if ends != 2 {
		t.Error(ends)
	}
}

// A proof is renewed only if there is one, also if it was withdrawn elsewhere a moment ago.
func TestRenew(t *testing.T) {
	w := newWorld(t)
	g := w.gate(nil)
	if _, err := g.Renew(t.Context(), staged.Proof{}); !errors.Is(err, staged.ErrStays) {
		t.Error(err)
	}
	w.want("renewed without a proof", g, closed)
	w.prove(g)
	w.now = w.now.Add(time.Hour)
	if p, err := g.Renew(t.Context(), staged.Proof{}); err != nil || !p.Verified.After(p.Since) {
		t.Error(p, err)
	}
	if err := w.gate(nil).Withdraw(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !g.State(t.Context()).Live {
		t.Error("this process knows of the withdrawal: the test proves nothing")
	}
	if _, err := g.Renew(t.Context(), staged.Proof{}); !errors.Is(err, staged.ErrStays) {
		t.Error(err)
	}
	w.now = w.now.Add(time.Minute)
	w.want("withdrawn elsewhere", g, closed)
	plain := w.gate(func(o *staged.Options) { o.Staged = false })
	if _, err := plain.Renew(t.Context(), staged.Proof{}); err != nil || plain.State(t.Context()).Proof == nil {
		t.Error("live by its file", err)
	}
}

// A gate without anything to decide asks nothing.
func TestPlain(t *testing.T) {
	w := newWorld(t)
	g := w.gate(func(o *staged.Options) { o.Staged, o.Required = false, nil })
	w.want("plain", g, open)
	if err := g.Check(t.Context(), w.placement("")); err != nil || len(g.Notes(t.Context())) > 0 || len(w.memory.Ops()) > 0 || w.looks > 0 {
		t.Error(err, g.Notes(t.Context()), w.memory.Ops(), w.looks)
	}
}

func TestNotes(t *testing.T) {
	w := newWorld(t)
	if got := w.gate(nil).Notes(t.Context()); len(got) != 1 || !strings.Contains(got[0], "tenant acme is staged") {
		t.Error(got)
	}
	live := w.gate(func(o *staged.Options) { o.Staged = false })
	if got := live.Notes(t.Context()); len(got) != 1 || !strings.Contains(got[0], "never verified") {
		t.Error(got)
	}
	w.prove(live)
	if got := live.Notes(t.Context()); len(got) > 0 {
		t.Error(got)
	}
}

// One canary of a tenant runs at a time, and the name of an interrupted one is known.
func TestBegin(t *testing.T) {
	w := newWorld(t)
	g := w.gate(nil)
	former, end, err := g.Begin(t.Context(), "first")
	if former != "" || err != nil {
		t.Fatal(former, err)
	}
	if _, _, err := w.gate(nil).Begin(t.Context(), "second"); !errors.Is(err, staged.ErrRuns) {
		t.Error(err)
	}
	end()
	former, end, err = g.Begin(t.Context(), "third")
	if former != "first" || err != nil {
		t.Fatal(former, err)
	}
	if err := g.Gone(t.Context()); err != nil {
		t.Fatal(err)
	}
	end()
	if former, end, err = g.Begin(t.Context(), "fourth"); former != "" || err != nil {
		t.Fatal(former, err)
	}
	end()
	if g.State(t.Context()).Live {
		t.Error("a canary that began is no proof")
	}
}

func TestResolve(t *testing.T) {
	var all []string
	schemas := scim.CoreSchemas().With(scim.User, scim.Schema{ID: "urn:x:a:b", Attributes: []scim.Attribute{{Name: "badge"}, {Name: "costCenter"}}})
	for _, p := range staged.Resolve(schemas, []string{"title", "department", "manager.value", "badge", "costCenter", "name.middleName", "shoeSize", "urn:y:z:f.g"}) {
		all = append(all, p.String())
	}
	want := []string{"title", department, scim.EnterpriseURN + ":manager.value", "urn:x:a:b:badge", "costCenter", "name.middleName", "shoeSize", "urn:y:z:f.g"}
	if fmt.Sprint(all) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", all, want)
	}
}
