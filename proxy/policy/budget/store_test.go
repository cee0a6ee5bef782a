package budget_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
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

// The records stay small, whatever is requested: thousands of deletes, and removals from very many
// groups.
func TestSize(t *testing.T) {
	o := newOffice(t, 24_000)
	allow := o.guard("acme")
	o.want("of 24,000", o.passes(allow, deleted, ids(0, 1200)), 1200)
	o.want("more of them", o.passes(allow, deleted, ids(2000, 3200)), 0)
	if s := o.status("acme"); s.HeldUsers != 1000 || !s.More || s.Counted != 1200 {
		t.Errorf("%+v", s)
	}
	o.want("while everything is held", o.passes(allow, deleted, ids(9000, 9001)), 0)
	o.now = o.now.Add(2 * time.Hour)
	o.want("also later", o.passes(allow, deleted, ids(9001, 9002)), 0)
	for i := range 1100 {
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
		if len(e.Body) > 23<<10 {
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
