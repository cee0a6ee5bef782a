package operate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/journal"
)

// Actions of the operation invite.
const (
	InviteMake    = "make"
	InviteShow    = "show"
	InviteRevoke  = "revoke"
	InviteWaive   = "waive"
	InviteUnwaive = "unwaive"
)

// InviteArguments are what a command asks of the invitation of a tenant.
type InviteArguments struct {
	Tenant, Action, By string
	// For and Live are of make. Without Live a tenant that is live is refused.
	For  time.Duration
	Live bool
	// Line is of waive and unwaive, Reason of waive.
	Line, Reason string
	// OrNone lets show answer the zero Invited for a tenant without an invitation.
	OrNone bool
}

func (t Tenants) invite(ctx context.Context, a InviteArguments, send func(any) error) (err error) {
	var got Invited
	by := journal.By{Name: a.By}
	switch a.Action {
	case InviteMake:
		got, err = t.Invite(ctx, a.Tenant, by, a.For, a.Live)
	case InviteShow:
		if got, err = t.Invitation(ctx, a.Tenant); a.OrNone && errors.Is(err, invite.ErrNone) {
			err = nil
		}
	case InviteRevoke:
		got, err = t.RevokeInvitation(ctx, a.Tenant, by)
	case InviteWaive:
		got, err = t.WaiveLine(ctx, a.Tenant, a.Line, a.Reason, by)
	case InviteUnwaive:
		got, err = t.UnwaiveLine(ctx, a.Tenant, a.Line, by)
	default:
		err = fmt.Errorf("there is no action %q", a.Action)
	}
	if err != nil {
		return err
	}
	return send(got)
}
