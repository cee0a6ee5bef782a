package budget_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/test/redisserver"
)

// office is a store with guards, and a clock.
type office struct {
	t      *testing.T
	memory *storetest.Memory
	space  store.Space
	now    time.Time
	all    int // users that the tenant has
	asked  atomic.Int32
	events []budget.Event
	urgent []string
	window time.Duration
	turns  *budget.Turns
}

func newOffice(t *testing.T, all int) *office {
	t.Helper()
	m := storetest.NewMemory()
	return &office{t: t, memory: m, space: m.Open(budget.SpaceName), now: time.Date(2026, 11, 26, 15, 0, 0, 0, time.UTC), all: all, window: time.Hour, turns: budget.NewTurns()}
}

func (o *office) clock() time.Time { return o.now }

// guard is that of a tenant with the default numbers.
func (o *office) guard(tenant string) func(context.Context, journaling.Effect) error {
	g := budget.New(budget.Options{
		Space: o.space, Tenant: tenant, Window: o.window, Users: budget.Limit{Count: 20, Percent: 5}, Members: budget.Limit{Count: 50, Percent: 20},
		Urgent: func(name string) bool { return slices.Contains(o.urgent, name) }, Now: o.clock, Turns: o.turns,
		Tripped: func(e budget.Event) { o.events = append(o.events, e) },
	})
	return g.Allow(budget.Sight{
		Users: func(context.Context) (int, error) { o.asked.Add(1); return o.all, nil },
		Name:  func(_ context.Context, ref scim.Ref) string { return "Group " + ref.ID },
	})
}

func (o *office) operate(tenant string) budget.Operate {
	return budget.Operate{Space: o.space, Tenant: tenant, Window: o.window, Now: o.clock}
}

func (o *office) status(tenant string) budget.State {
	o.t.Helper()
	s, err := o.operate(tenant).Status(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func leaver(id string) journaling.Effect {
	return journaling.Effect{Ref: scim.Ref{Type: scim.User, ID: id}, Name: "name-" + id, Deactivates: true}
}

func deleted(id string) journaling.Effect {
	return journaling.Effect{Ref: scim.Ref{Type: scim.User, ID: id}, Name: "name-" + id, Deletes: true}
}

func ids(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf("u%04d", i))
	}
	return all
}

// removal is a change of a group that has so many members.
func removal(group string, size int, members ...string) journaling.Effect {
	return journaling.Effect{Ref: scim.Ref{Type: scim.Group, ID: group}, Removed: members, Size: func() (int, error) { return size, nil }}
}

// passes counts the users whose change passes.
func (o *office) passes(allow func(context.Context, journaling.Effect) error, effect func(string) journaling.Effect, ids []string) (n int) {
	o.t.Helper()
	for _, id := range ids {
		err := allow(o.t.Context(), effect(id))
		switch {
		case err == nil:
			n++
		case scim.Status(err) != http.StatusTooManyRequests:
			o.t.Fatal(err)
		}
	}
	return n
}

func (o *office) want(what string, got, want int) {
	o.t.Helper()
	if got != want {
		o.t.Errorf("%s: %d, want %d", what, got, want)
	}
}

// The first 20 of 60 pass, and the rest is held until the guard is released.
func TestHolds(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	o.want("of 30", o.passes(allow, leaver, ids(0, 30)), 20)
	o.want("questions about the number of users", int(o.asked.Load()), 1)
	err := scim.AsError(allow(t.Context(), leaver("u0029")))
	for _, part := range []string{"Nothing was done", "tenant acme", "20 users", "5 %", "an hour", "`scim-proxy guard acme release --for 2h`"} {
		if !strings.Contains(err.Detail, part) {
			t.Errorf("the detail lacks %q: %s", part, err.Detail)
		}
	}
	o.want("Retry-After", err.RetryAfter, 300)
	if s := o.status("acme"); s.State != budget.Holding || s.Counted != 20 || s.HeldUsers != 10 || !s.Since.Equal(o.now) || s.More {
		t.Errorf("%+v", s)
	}
	if len(o.events) != 1 || o.events[0].Kind != budget.Users || o.events[0].Spent != 20 || o.events[0].All != 60 {
		t.Errorf("%+v", o.events)
	}
	if err := o.operate("acme").Release(t.Context(), o.now.Add(2*time.Hour), "ops@host"); err != nil {
		t.Fatal(err)
	}
	o.want("of 30 after the release", o.passes(allow, leaver, ids(0, 30)), 30)
	if s := o.status("acme"); s.State != budget.Released || s.By != "ops@host" || s.HeldUsers != 0 || s.Counted != 0 {
		t.Errorf("%+v", s)
	}
	if err := o.operate("acme").Close(t.Context(), "ops@host"); err != nil {
		t.Fatal(err)
	}
	o.want("of 30 after the end", o.passes(allow, deleted, ids(100, 130)), 20)
	o.want("alarms", len(o.events), 2)
}

// What was held stays held when the window has passed, so that a mistake is not carried out a
// budget an hour; others pass.
func TestStaysHeld(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	o.passes(allow, leaver, ids(0, 30))
	o.now = o.now.Add(66 * time.Minute)
	o.want("held ones", o.passes(allow, leaver, ids(20, 30)), 0)
	o.want("single leavers", o.passes(allow, leaver, ids(40, 45)), 5)
	o.now = o.now.Add(8 * 24 * time.Hour)
	o.want("after a week without a request", o.passes(allow, leaver, ids(20, 30)), 10)
	if s := o.status("acme"); s.State != budget.Open || s.HeldUsers != 0 {
		t.Errorf("%+v", s)
	}
}

// A user counts once in a window: repeated, or deleted after a deactivation.
func TestCountsOnce(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	for range 5 {
		o.want("the same", o.passes(allow, leaver, ids(0, 20)), 20)
	}
	o.want("deletes of the same", o.passes(allow, deleted, ids(0, 20)), 20)
	o.want("another", o.passes(allow, leaver, ids(20, 21)), 0)
}

// The share matters if it is more than the number, and the number of users is not asked below it.
func TestShare(t *testing.T) {
	o := newOffice(t, 1000)
	allow := o.guard("acme")
	o.passes(allow, leaver, ids(0, 20))
	o.want("questions", int(o.asked.Load()), 0)
	o.want("of 1,000", o.passes(allow, leaver, ids(20, 80)), 30)
	o.want("questions", int(o.asked.Load()), 1)
	// The tenant has grown meanwhile.
	o.all, o.now = 2000, o.now.Add(2*time.Minute)
	o.want("of 2,000", o.passes(allow, leaver, ids(100, 200)), 50)
	o.want("questions", int(o.asked.Load()), 2)
}

// A window that slides: what is older does not count.
func TestWindow(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	for range 12 {
		o.want("ten in half an hour", o.passes(allow, leaver, ids(int(o.now.Unix())%1e7, int(o.now.Unix())%1e7+10)), 10)
		o.now = o.now.Add(35 * time.Minute)
	}
	if len(o.events) > 0 {
		t.Error(o.events)
	}
}

// Names in the list pass also when others are held, and do not use the budget then.
func TestUrgent(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	o.passes(allow, leaver, ids(0, 30))
	o.urgent = []string{"name-u0025", "name-u0100"}
	o.want("held before", o.passes(allow, leaver, []string{"u0025"}), 1)
	o.want("new", o.passes(allow, deleted, []string{"u0100"}), 1)
	o.want("others", o.passes(allow, leaver, []string{"u0026"}), 0)
	o.want("counted", o.status("acme").Counted, 20)
}

// Groups have budgets of their own. Members that were removed before count as members.
func TestMembers(t *testing.T) {
	o := newOffice(t, 1000)
	allow := o.guard("acme")
	pass := func(e journaling.Effect) bool { return allow(t.Context(), e) == nil }
	for i, row := range []struct {
		e    journaling.Effect
		want bool
	}{
		{removal("a", 60, ids(0, 50)...), true},       // 50
		{removal("a", 10, ids(50, 51)...), false},     // 51 of 60
		{removal("b", 60, ids(0, 51)...), false},      // at once
		{removal("c", 1000, ids(0, 200)...), true},    // 20 %
		{removal("c", 800, ids(200, 201)...), false},  // of those before
		{removal("c", 800, ids(0, 200)...), true},     // the same ones again
		{removal("d", 40, ids(0, 40)...), true},       // all of a small group
		{leaver("u0050"), true},                       // other budgets
		{removal("e", 100, ids(0, 100)...), false},    // a delete of the group
		{removal("e", 100, ids(0, 1)...), false},      // a part of what is held
		{removal("e", 100, ids(200, 201)...), true},   // another member
		{removal("f", 10000, ids(0, 2001)...), false}, // more ids than are remembered
	} {
		if pass(row.e) != row.want {
			t.Errorf("%d: %s", i, row.e.Name)
		}
	}
	s := o.status("acme")
	if len(s.HeldGroups) != 5 || s.HeldGroups[0].Name != "Group f" || s.HeldUsers != 0 || !s.More || s.State != budget.Holding {
		t.Errorf("%+v", s)
	}
	if len(o.events) != 1 || o.events[0].Group != "Group a" || o.events[0].All != 60 {
		t.Errorf("%+v", o.events)
	}
	if err := o.operate("acme").Release(t.Context(), o.now.Add(time.Hour), "x"); err != nil || !pass(removal("f", 10000, ids(0, 10000)...)) {
		t.Error(err)
	}
	if s := o.status("acme"); len(s.HeldGroups) != 0 || s.More {
		t.Errorf("%+v", s)
	}
	o.now = o.now.Add(time.Hour)
	if !pass(removal("a", 60, ids(50, 60)...)) || pass(removal("a", 50, ids(100, 150)...)) {
		t.Error("the budget is not whole after a release")
	}
}

// One tenant does not use the budget of another, also in the same realm.
func TestTenantsAreApart(t *testing.T) {
	o := newOffice(t, 60)
	o.want("of acme", o.passes(o.guard("acme"), leaver, ids(0, 30)), 20)
	o.want("of globex", o.passes(o.guard("globex"), leaver, ids(0, 20)), 20)
	if err := o.operate("globex").Release(t.Context(), o.now.Add(time.Hour), "x"); err != nil {
		t.Fatal(err)
	}
	o.want("of acme after the release of globex", o.passes(o.guard("acme"), leaver, ids(0, 30)), 20)
}

// Guards of several processes, with turns of their own, let exactly 20 pass together, with each
// engine.
func TestRace(t *testing.T) {
	file, err := embedded.Open(filepath.Join(t.TempDir(), "store.db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	memory := storetest.NewMemory()
	for name, open := range map[string]func() store.Engine{
		"memory":   func() store.Engine { return memory },
		"embedded": func() store.Engine { return file },
	} {
		t.Run(name, func(t *testing.T) { race(t, open) })
	}
	t.Run("redis", func(t *testing.T) {
		at := redisserver.Start(t, redisserver.Options{}).Addr
		race(t, func() store.Engine {
			e, err := redis.Open(redis.Options{Addresses: []string{at}, Prefix: "t:"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			return e
		})
	})
}

func race(t *testing.T, open func() store.Engine) {
	o := newOffice(t, 60)
	var passed, held atomic.Int32
	var work sync.WaitGroup
	for replica := range 4 {
		o.turns, o.space = budget.NewTurns(), open().Open(budget.SpaceName)
		allow := o.guard("acme")
		for _, id := range ids(replica*100, replica*100+40) {
			work.Go(func() {
				switch err := allow(t.Context(), leaver(id)); {
				case err == nil:
					passed.Add(1)
				case scim.Status(err) == http.StatusTooManyRequests:
					held.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	work.Wait()
	if passed.Load() != 20 || held.Load() != 140 {
		t.Errorf("%d pass and %d are held", passed.Load(), held.Load())
	}
	o.want("alarms", len(o.events), 1)
}

// Without the store, destructive changes are 503, and others do not need it.
func TestStoreDown(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	o.memory.SetDown(errors.New("down"))
	if err := allow(t.Context(), leaver("u1")); scim.Status(err) != http.StatusServiceUnavailable || scim.AsError(err).RetryAfter == 0 {
		t.Error(err)
	}
	o.memory.Reset()
	if err := allow(t.Context(), journaling.Effect{Ref: scim.Ref{Type: scim.User, ID: "u1"}}); err != nil || len(o.memory.Ops()) > 0 {
		t.Error(err, o.memory.Ops())
	}
}

// A destructive change costs at most two operations of the store: a repetition, and what is held
// again, one.
func TestRoundTrips(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	for what, e := range map[string]journaling.Effect{"user": leaver("u1"), "members": removal("a", 100, "u1")} {
		for i, want := range []int{2, 1} {
			o.memory.Reset()
			if err := allow(t.Context(), e); err != nil {
				t.Error(err)
			}
			o.want(fmt.Sprint(what, i), len(o.memory.Ops()), want)
		}
	}
	o.passes(allow, leaver, ids(0, 30))
	o.memory.Reset()
	o.passes(allow, leaver, []string{"u0025"})
	o.want("held again", len(o.memory.Ops()), 1)
}

// The number of users cannot be read: nothing is let through, and the error is Keycloak's.
func TestUnknownNumber(t *testing.T) {
	o := newOffice(t, 60)
	o.passes(o.guard("acme"), leaver, ids(0, 20))
	g := budget.New(budget.Options{Space: o.space, Tenant: "acme", Window: time.Hour, Users: budget.Limit{Count: 20, Percent: 5}, Now: o.clock, Turns: o.turns})
	err := g.Allow(budget.Sight{Users: func(context.Context) (int, error) { return 0, scim.Fail(502, "", "Keycloak") }})(t.Context(), leaver("u99"))
	if scim.Status(err) != http.StatusBadGateway {
		t.Error(err)
	}
}

// A clock that was wrong neither frees the budget nor keeps it used for ever.
func TestClock(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	at := o.now
	o.passes(allow, leaver, ids(0, 20))
	o.now = at.Add(-24 * time.Hour)
	o.want("a day earlier", o.passes(allow, leaver, ids(20, 30)), 0)
	o.now = at.Add(-22 * time.Hour)
	o.want("two hours later", o.passes(allow, leaver, ids(40, 60)), 20)

	o = newOffice(t, 60) // one replica is a year ahead
	allow = o.guard("acme")
	o.now = at.Add(365 * 24 * time.Hour)
	o.passes(allow, leaver, ids(0, 30))
	o.now = at
	o.want("at the right time", o.passes(allow, leaver, ids(40, 60)), 0)
	o.now = at.Add(2 * time.Hour)
	o.want("when the window has passed", o.passes(allow, leaver, ids(60, 80)), 20)

	// A release that was made by a clock a year ahead does not last a year.
	o.now = at.Add(365 * 24 * time.Hour)
	if err := o.operate("acme").Release(t.Context(), o.now.Add(time.Hour), "x"); err != nil {
		t.Fatal(err)
	}
	o.now = at.Add(4 * time.Hour)
	o.want("with such a release", o.passes(allow, leaver, ids(100, 130)), 20)
}

// The records stay small, whatever is requested: thousands of deletes, and removals from very many
// groups.
func TestSize(t *testing.T) {
	o := newOffice(t, 40_000)
	allow := o.guard("acme")
	o.want("of 40,000", o.passes(allow, deleted, ids(0, 2000)), 2000)
	o.want("more of them", o.passes(allow, deleted, ids(2000, 3200)), 0)
	if s := o.status("acme"); s.HeldUsers != 1000 || !s.More || s.Counted != 2000 {
		t.Errorf("%+v", s)
	}
	o.want("while everything is held", o.passes(allow, deleted, ids(9000, 9001)), 0)
	o.now = o.now.Add(2 * time.Hour)
	o.want("also later", o.passes(allow, deleted, ids(9001, 9002)), 0)
	for i := range 1500 {
		if err := allow(t.Context(), removal(fmt.Sprint("g", i), 100, "u1", "u2")); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	all, _, err := o.space.Page(t.Context(), "", 100)
	if err != nil || len(all) != 17 {
		t.Fatal(err, len(all))
	}
	for _, e := range all {
		total += len(e.Body)
		if len(e.Body) > 24<<10 {
			t.Errorf("%s has %d bytes", e.ID, len(e.Body))
		}
	}
	t.Logf("%d bytes in %d records", total, len(all))
}

// Names and ids are not in the store, except the name of a group with held changes.
func TestPrivacy(t *testing.T) {
	o := newOffice(t, 60)
	o.passes(o.guard("acme"), leaver, ids(0, 30))
	r, err := o.space.Load(t.Context(), "acme")
	if err != nil || strings.Contains(string(r["acme"].Body), "u00") {
		t.Error(err, string(r["acme"].Body))
	}
}

// A record that cannot be read refuses changes, and a release replaces it.
func TestDamaged(t *testing.T) {
	o := newOffice(t, 60)
	if _, err := o.space.Save(t.Context(), "acme", store.Record{Body: []byte("?")}); err != nil {
		t.Fatal(err)
	}
	allow := o.guard("acme")
	if err := allow(t.Context(), leaver("u1")); scim.Status(err) != http.StatusServiceUnavailable {
		t.Error(err)
	}
	if _, err := o.operate("acme").Status(t.Context()); !errors.Is(err, store.ErrUnreadable) {
		t.Error(err)
	}
	if err := o.operate("acme").Release(t.Context(), o.now.Add(time.Hour), "x"); err != nil {
		t.Error(err)
	}
	if err := allow(t.Context(), leaver("u1")); err != nil {
		t.Error(err)
	}
}

// A release counts also if its records of groups could not be deleted.
func TestReleaseHalfway(t *testing.T) {
	o := newOffice(t, 60)
	allow := o.guard("acme")
	if err := allow(t.Context(), removal("a", 60, ids(0, 60)...)); err == nil {
		t.Error("it is not held")
	}
	o.memory.OnOp(func(_ context.Context, op storetest.Op) error {
		if op.Name == "Delete" {
			return store.ErrUnavailable
		}
		return nil
	})
	if err := o.operate("acme").Release(t.Context(), o.now.Add(time.Minute), "x"); err == nil {
		t.Error("no error")
	}
	o.now = o.now.Add(2 * time.Minute)
	if err := allow(t.Context(), removal("a", 60, ids(0, 50)...)); err != nil {
		t.Error(err)
	}
}

// A release is bounded, and a close of a guard that is not released changes nothing.
func TestOperate(t *testing.T) {
	o := newOffice(t, 60)
	for _, d := range []time.Duration{0, -time.Hour, 8 * 24 * time.Hour} {
		if o.operate("acme").Release(t.Context(), o.now.Add(d), "x") == nil {
			t.Error(d)
		}
	}
	o.passes(o.guard("acme"), leaver, ids(0, 30))
	before := o.status("acme")
	if err := o.operate("acme").Close(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	a, _ := json.Marshal(before)
	if b, _ := json.Marshal(o.status("acme")); string(a) != string(b) {
		t.Errorf("%s\n%s", a, b)
	}
}
