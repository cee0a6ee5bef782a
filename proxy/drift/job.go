package drift

import (
	"context"
	"errors"
	"time"

	"keycloak-scim-proxy/proxy/operating"
)

// Job is a walk as an operator asks for it, or the reapply of its report. It may be sent to a
// running proxy as JSON.
type Job struct {
	Tenant, Operator string
	// Reapply makes the last intent so, if the walk finds what the Outcome with this Plan had; "":
	// nothing is changed.
	Reapply string
}

// Outcome is what a walk has found, and what was reapplied.
type Outcome struct {
	Tenant string `json:"tenant"`
	Report
	// Plan stands for the rows.
	Plan string `json:"plan"`
	// Request is the id of the reapply, which can be undone, Reapplied what it did.
	Request   string      `json:"request,omitempty"`
	Reapplied []Reapplied `json:"reapplied,omitempty"`
}

// ErrOther means that a walk has found something else than the operator has seen.
var ErrOther = errors.New("the differences are not the same any more, and nothing was changed: look again")

// pauseBetween is how long the walk of a job waits between pages.
const pauseBetween = 50 * time.Millisecond

// Run carries out a job. held reports whether the guard has stopped the tenant.
func Run(ctx context.Context, places operating.Places, held func(ctx context.Context) (bool, error), j Job) (o Outcome, err error) {
	place, err := places(ctx, j.Tenant, j.Operator)
	if err != nil {
		return o, err
	}
	bounds := Options{Pause: pauseBetween, Held: held}
	o.Tenant = j.Tenant
	if o.Report, err = Find(ctx, place, bounds); err != nil {
		return o, err
	}
	if o.Plan, err = operating.Digest(o.Rows); err != nil || j.Reapply == "" {
		return o, err
	}
	if o.Plan != j.Reapply {
		return o, ErrOther
	}
	o.Reapplied, o.Request, err = Reapply(ctx, place, o.Report, bounds)
	return o, err
}
