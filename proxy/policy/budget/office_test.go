package budget_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
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
