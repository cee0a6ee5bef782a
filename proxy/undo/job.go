package undo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating"
)

// Job is an undo as an operator asks for it: once for what it would do, then to do it. It may be
// sent to a running proxy as JSON.
type Job struct {
	// Tenants are searched for the selection, one after the other.
	Tenants  []string
	Operator string
	Selection
	// Execute carries the plan out whose Outcome had this Plan; "" only makes it.
	Execute string
}

// Outcome is a plan, and what became of it.
type Outcome struct {
	Tenant   string   `json:"tenant"`
	DryRun   bool     `json:"dryRun"`
	Entries  int      `json:"entries"`
	Requests []string `json:"requests"` // that are undone
	Rows     []Row    `json:"rows"`
	// Plan stands for the rows, and for all that is done for them.
	Plan string `json:"plan"`
	// Request is the id of the undo itself, which can be undone too.
	Request string `json:"request,omitempty"`
	*Result        // absent for a plan
}

// Changes is how many rows change something.
func (o Outcome) Changes() int { return Planned{Rows: o.Rows}.Changes() }

// ErrOther means that a plan is not the one that the operator has seen.
var ErrOther = errors.New("what would change is not the same any more, and nothing was changed: look again")

// Run carries out a job.
func Run(ctx context.Context, places operating.Places, j Job) (Outcome, error) {
	for i, name := range j.Tenants {
		place, err := places(ctx, name, j.Operator)
		if err != nil {
			return Outcome{}, fmt.Errorf("tenant %s: %w", name, err)
		}
		plan, err := Plan(ctx, place, j.Selection)
		switch {
		case errors.Is(err, ErrNothing):
			continue
		case err != nil:
			return Outcome{}, err
		}
		o := Outcome{Tenant: place.Tenant, DryRun: j.Execute == "", Entries: plan.Entries, Requests: plan.Requests, Rows: plan.Rows}
		o.Plan, err = plan.digest()
		switch {
		case err != nil:
			return Outcome{}, err
		case o.DryRun:
			if other := j.also(ctx, places, j.Tenants[i+1:]); other != "" {
				return Outcome{}, fmt.Errorf("tenants %s and %s both have requests with the id %s, because callers may choose ids: give --tenant", name, other, j.Request)
			}
			return o, nil
		case o.Plan != j.Execute:
			return o, ErrOther
		}
		calls, id := place.Request("undo", j.Request)
		done, err := Do(ctx, plan, calls, nil)
		o.Request, o.Result = id, &done
		return o, err
	}
	return Outcome{}, ErrNothing
}

// also names one of the tenants that has a request of the id too, "" if none is known to.
func (j Job) also(ctx context.Context, places operating.Places, tenants []string) string {
	for _, name := range tenants {
		place, err := places(ctx, name, j.Operator)
		if err != nil || place.Journal == nil {
			continue
		}
		all, _ := place.Journal.Find(ctx, journal.Query{Request: j.Request})
		if slices.ContainsFunc(all, func(e journal.Entry) bool {
			return e.Tenant == place.Tenant && !e.IsAction() && e.State != journal.Refused
		}) {
			return name
		}
	}
	return ""
}

// digest stands for a plan: the rows, how many writes are undone, and the values of the steps,
// which the row of a user that comes back does not show.
func (p Planned) digest() (string, error) {
	parts := []any{p.Entries, p.Rows}
	for _, st := range p.steps {
		parts = append(parts, []any{st.ref, st.action, st.values, st.members})
	}
	return operating.Digest(parts...)
}
