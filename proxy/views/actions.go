package views

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/undo"
)

// noted are the actions whose entries are made here. Tokens, invitations, undo and drift make their
// own.
var noted = map[string]journal.Action{
	"verify": journal.Verified, "stage": journal.Staged, "live": journal.Live,
	"guard-release": journal.GuardReleased, "guard-close": journal.GuardClosed,
}

var errUnrecorded = errors.New("the action cannot be recorded, because journal.days is 0 in the configuration: use the command, or turn the journal on")

// Record saves the entry of an action before it is done, with the name of the operator, and returns
// a function that ends it. Without a journal, nothing is done in the console.
func (v *Views) Record(ctx context.Context, a console.Act) (done func(ctx context.Context, err error), err error) {
	t, err := v.tenant(a.Tenant)
	switch {
	case err != nil:
		return nil, err
	case t.Journal == nil:
		return nil, console.Refused(errUnrecorded)
	}
	verb, ours := noted[a.Verb]
	e := journal.Entry{Who: journal.Who{Tenant: a.Tenant, Operator: a.By.Name}, Address: a.By.Address, Verb: string(verb), Name: a.About, State: journal.Open}
	if ours {
		if err := t.Journal.Note(ctx, &e); err != nil {
			return nil, fmt.Errorf("the action cannot be recorded, and is not done: %w", err)
		}
	}
	return func(ctx context.Context, err error) {
		failed := ""
		if err != nil {
			failed = plain(err)
		}
		if ours {
			err = errors.Join(err, t.Journal.Conclude(ctx, &e, failed))
		}
		v.Did(a, err)
	}, nil
}

// MakeToken makes a token of a tenant.
func (v *Views) MakeToken(ctx context.Context, tenant string, by console.Operator, expires time.Time) (string, console.Token, error) {
	if _, err := v.tenant(tenant); err != nil {
		return "", console.Token{}, err
	}
	text, made, err := v.Operate.Tokens.Make(ctx, tenant, by.Name, expires)
	return text.Reveal(), tokenOf(issued.Shown{Token: made}), err
}

// RotateToken makes a token of a tenant, and lets the others that were made at run time end after
// the overlap.
func (v *Views) RotateToken(ctx context.Context, tenant string, by console.Operator, expires time.Time, overlap time.Duration) (string, console.Token, error) {
	if _, err := v.tenant(tenant); err != nil {
		return "", console.Token{}, err
	}
	text, made, err := v.Operate.Tokens.Rotate(ctx, tenant, by.Name, expires, overlap, nil)
	return text.Reveal(), tokenOf(issued.Shown{Token: made}), err
}

// RevokeToken revokes a token that was made at run time.
func (v *Views) RevokeToken(ctx context.Context, tenant, id string, by console.Operator) error {
	if _, err := v.tenant(tenant); err != nil {
		return err
	}
	return v.Operate.Tokens.Revoke(ctx, tenant, id, by.Name)
}

// Verify runs a canary. A staged tenant stays staged: Live lets it go live.
func (v *Views) Verify(ctx context.Context, tenant string, by console.Operator) (canary.Report, error) {
	return v.canary(ctx, tenant, by, true)
}

func (v *Views) canary(ctx context.Context, tenant string, by console.Operator, trial bool) (canary.Report, error) {
	one, known := v.Canary.Of(tenant)
	if !known {
		return canary.Report{}, fmt.Errorf("the tenant %s: %w", tenant, console.ErrUnknown)
	}
	return v.Canary.Run(ctx, one, canary.Request{By: by.Name, Trial: trial}, by.Address), nil
}

// Stage lets a tenant hold writes again until it is verified.
func (v *Views) Stage(ctx context.Context, tenant string, _ console.Operator) error {
	t, err := v.tenant(tenant)
	switch {
	case err != nil:
		return err
	case !t.Gate.Staged:
		return console.Refused(fmt.Errorf("the file of the tenant %s says that it is live: write state: staged", tenant))
	}
	return t.Gate.Withdraw(ctx)
}

// Live lets a staged tenant go live: each line of its checklist must be green or waived, if a
// customer was invited, and its canary green.
func (v *Views) Live(ctx context.Context, tenant string, by console.Operator) error {
	t, err := v.tenant(tenant)
	if err == nil && v.Operate.Invites != nil && t.Journal != nil {
		err = v.checked(ctx, tenant)
	}
	if err != nil {
		return err
	}
	report, err := v.canary(ctx, tenant, by, false)
	switch {
	case err != nil:
		return err
	case !report.Green:
		return console.Refused(errors.New("the canary is red: " + wrong(report)))
	case !report.Live:
		return errors.New("the canary is green, and the tenant is not live: look at its state again")
	}
	return nil
}

// checked returns an error if a line of the tenant's checklist is neither green nor waived.
func (v *Views) checked(ctx context.Context, tenant string) error {
	s, err := v.Setup(ctx, tenant)
	if err != nil {
		return err
	}
	for _, l := range s.Lines {
		if l.State != string(checklist.Green) && l.State != string(checklist.Waived) {
			return console.Refused(fmt.Errorf("the line %q of the checklist is %s: it must be green, or waived with a reason", l.Text, l.State))
		}
	}
	return nil
}

// wrong is the first thing that is wrong in a report.
func wrong(r canary.Report) string {
	for _, s := range r.Steps {
		if s.Wrong != "" {
			return s.Means + ": " + s.Wrong
		}
	}
	for _, a := range r.Attributes {
		if !a.Survived {
			return a.Attribute + ": " + a.Wrong
		}
	}
	return "it has no reason"
}

// ReleaseGuard lets all changes through for a time.
func (v *Views) ReleaseGuard(ctx context.Context, tenant string, by console.Operator, span time.Duration) error {
	t, err := v.tenant(tenant)
	if err != nil {
		return err
	}
	return v.guard(t).Release(ctx, v.Now().Add(span), by.Name)
}

// CloseGuard ends a release.
func (v *Views) CloseGuard(ctx context.Context, tenant string, by console.Operator) error {
	t, err := v.tenant(tenant)
	if err != nil {
		return err
	}
	return v.guard(t).Close(ctx, by.Name)
}

// Drift looks for drift, or reapplies what was found.
func (v *Views) Drift(ctx context.Context, j drift.Job) (drift.Outcome, error) {
	held := func(ctx context.Context) (bool, error) { return v.Operate.Held(ctx, j.Tenant) }
	return drift.Run(ctx, v.Operate.Place, held, j)
}

// Undo plans an undo, or carries it out.
func (v *Views) Undo(ctx context.Context, j undo.Job) (undo.Outcome, error) {
	return undo.Run(ctx, v.Operate.Place, j)
}
