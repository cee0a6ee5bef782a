package views

import (
	"context"
	"errors"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operate"
)

// Setup returns the invitation of a tenant and its checklist. A tenant without one has the zero
// Setup.
func (v *Views) Setup(ctx context.Context, tenant string) (console.Setup, error) {
	got, err := v.Operate.Invitation(ctx, tenant)
	if errors.Is(err, invite.ErrNone) {
		return console.Setup{}, nil
	}
	return setupOf(got), err
}

// Invite makes the set-up link of a tenant.
func (v *Views) Invite(ctx context.Context, tenant string, by console.Operator, span time.Duration) (console.Setup, error) {
	got, err := v.Operate.Invite(ctx, tenant, actor(by), span, false)
	return setupOf(got), err
}

// RevokeInvite ends the set-up link of a tenant.
func (v *Views) RevokeInvite(ctx context.Context, tenant string, by console.Operator) error {
	_, err := v.Operate.RevokeInvitation(ctx, tenant, actor(by))
	return err
}

// Waive makes a line of the checklist count as done.
func (v *Views) Waive(ctx context.Context, tenant, line, reason string, by console.Operator) error {
	_, err := v.Operate.WaiveLine(ctx, tenant, line, reason, actor(by))
	return err
}

func actor(by console.Operator) journal.By { return journal.By{Name: by.Name, Address: by.Address} }

func setupOf(i operate.Invited) console.Setup {
	s := console.Setup{Link: i.Link, Made: i.Made, Expires: i.Expires, Revoked: i.Revoked, Opened: i.Opened, By: i.By, Open: i.Open}
	for _, l := range i.Lines {
		one := console.Line{ID: l.ID, Text: l.Title, State: string(l.State), At: l.At, Request: l.Request, Reason: l.Reason, Advice: l.Change}
		if l.Problem != nil && one.Reason == "" {
			one.Reason, one.Advice = "Later: "+l.Problem.Reason, l.Problem.Change
		}
		s.Lines = append(s.Lines, one)
	}
	return s
}
