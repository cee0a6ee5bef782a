package budget_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
)

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
