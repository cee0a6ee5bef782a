package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/journal"
)

// SetUp is what the set-up of a tenant by its customer needs to know.
type SetUp struct {
	Place invite.Place
	IDP   string
	// Live reports whether writes are not held because the tenant is staged.
	Live func(ctx context.Context) bool
	// Required are the attributes that the tenant requires.
	Required func(ctx context.Context) []checklist.Required
}

// Invited is the invitation of a tenant with its checklist.
type Invited struct {
	invite.Invitation

	// Link is the URL for the customer. Only the one who makes it sees it.
	Link string `json:"link,omitempty"`
	// Open means that the invitation is neither revoked nor expired.
	Open bool `json:"open"`
	// Live means that the writes of the tenant are not held.
	Live  bool             `json:"live"`
	Lines []checklist.Line `json:"lines"`
	// Finished means that every line is green or waived.
	Finished bool `json:"finished"`
}

var errNoLinks = errors.New("set-up links are off: set setupLinks.enabled and publicURL in the configuration (docs/setup-link.md)")

// set returns a tenant that customers can be invited to.
func (t Tenants) set(name string) (Tenant, error) {
	if t.Invites == nil {
		return Tenant{}, errNoLinks
	}
	one, err := t.tenant(name)
	if errors.Is(err, errNoJournal) {
		err = fmt.Errorf("%w: the checklist and the trial of a set-up need it", err)
	}
	return one, err
}

// Invite makes an invitation of a tenant, and ends the former one. The holder of the link can write
// as the tenant: one that is live is invited only if live says so.
func (t Tenants) Invite(ctx context.Context, tenant string, by journal.By, span time.Duration, live bool) (Invited, error) {
	one, err := t.set(tenant)
	if err != nil {
		return Invited{}, err
	}
	is := one.SetUp.Live(ctx)
	if is && !live {
		return Invited{}, fmt.Errorf("the tenant %s is live, so there is no trial: who has the link can write to all users. If you want that: tenant invite %s --live", tenant, tenant)
	}
	n := noting{log: one.Journal}
	link, made, err := t.Invites.Make(ctx, one.SetUp.Place, by.Name, span, !is, func(i invite.Invitation) error {
		return n.begin(ctx, entryOf(one, journal.Invited, i.ID, by, "until "+i.Expires.Format(time.RFC3339)))
	})
	if err := n.end(ctx, err); err != nil {
		return Invited{}, err
	}
	all := t.after(ctx, one, made)
	all.Link = t.LinkURL(link)
	return all, nil
}

// Invitation returns the invitation of a tenant with its checklist. It is invite.ErrNone if there
// is none.
func (t Tenants) Invitation(ctx context.Context, tenant string) (Invited, error) {
	one, i, err := t.one(ctx, tenant)
	if err != nil {
		return Invited{}, err
	}
	return t.invited(ctx, one, i)
}

// one returns a tenant and its invitation.
func (t Tenants) one(ctx context.Context, tenant string) (one Tenant, i invite.Invitation, err error) {
	if one, err = t.set(tenant); err == nil {
		i, err = t.Invites.Of(ctx, one.SetUp.Place)
	}
	return one, i, err
}

// RevokeInvitation ends the invitation of a tenant.
func (t Tenants) RevokeInvitation(ctx context.Context, tenant string, by journal.By) (Invited, error) {
	one, i, err := t.one(ctx, tenant)
	if err != nil {
		return Invited{}, err
	}
	if !i.Revoked.IsZero() {
		return t.after(ctx, one, i), nil
	}
	return t.change(ctx, one, entryOf(one, journal.InvitationRevoked, i.ID, by, ""), func() (invite.Invitation, error) {
		return t.Invites.Revoke(ctx, one.SetUp.Place, by.Name)
	})
}

// WaiveLine waives a line of the checklist of a tenant.
func (t Tenants) WaiveLine(ctx context.Context, tenant, line, reason string, by journal.By) (Invited, error) {
	one, _, err := t.one(ctx, tenant)
	if err != nil {
		return Invited{}, err
	}
	if all := checklist.Lines(one.SetUp.Required(ctx)); !slices.Contains(all, line) {
		return Invited{}, fmt.Errorf("the checklist of %s has no line %q; it has %s", tenant, line, strings.Join(all, ", "))
	}
	if strings.TrimSpace(reason) == "" {
		return Invited{}, errors.New("a line is waived with a reason")
	}
	return t.change(ctx, one, entryOf(one, journal.Waived, line, by, reason), func() (invite.Invitation, error) {
		return t.Invites.Waive(ctx, one.SetUp.Place, line, reason, by.Name)
	})
}

// UnwaiveLine takes the waiver of a line back.
func (t Tenants) UnwaiveLine(ctx context.Context, tenant, line string, by journal.By) (Invited, error) {
	one, i, err := t.one(ctx, tenant)
	if err != nil {
		return Invited{}, err
	}
	if _, is := i.Waived[line]; !is {
		return Invited{}, fmt.Errorf("the line %q of the checklist of %s is not waived", line, tenant)
	}
	return t.change(ctx, one, entryOf(one, journal.Waived, line, by, "not any more"), func() (invite.Invitation, error) {
		return t.Invites.Unwaive(ctx, one.SetUp.Place, line)
	})
}

// change notes an action and does it.
func (t Tenants) change(ctx context.Context, one Tenant, e journal.Entry, do func() (invite.Invitation, error)) (Invited, error) {
	n := noting{log: one.Journal}
	if err := n.begin(ctx, e); err != nil {
		return Invited{}, err
	}
	i, err := do()
	if err := n.end(ctx, err); err != nil {
		return Invited{}, err
	}
	return t.after(ctx, one, i), nil
}

func entryOf(one Tenant, a journal.Action, about string, by journal.By, reason string) journal.Entry {
	return journal.Entry{Who: journal.Who{Tenant: one.Name, Operator: by.Name}, Address: by.Address, Verb: string(a), Name: about, Reason: reason}
}

// after is an invitation after a change. The change is made, so it does not fail: if the journal
// cannot be read, it has no lines.
func (t Tenants) after(ctx context.Context, one Tenant, i invite.Invitation) Invited {
	all, err := t.invited(ctx, one, i)
	if err != nil {
		return t.bare(ctx, one, i)
	}
	return all
}

// bare is an invitation without its checklist.
func (t Tenants) bare(ctx context.Context, one Tenant, i invite.Invitation) Invited {
	return Invited{Invitation: i, Open: i.Open(t.Now()), Live: one.SetUp.Live(ctx)}
}

func (t Tenants) invited(ctx context.Context, one Tenant, i invite.Invitation) (Invited, error) {
	return t.look(ctx, one, i, true)
}

func reader(one Tenant, i invite.Invitation) *checklist.Reader {
	return &checklist.Reader{Log: one.Journal, Tenant: one.Name, IDP: one.SetUp.IDP, Since: i.Since}
}

func (t Tenants) seen(ctx context.Context, one Tenant, i invite.Invitation, required []checklist.Required, seen *checklist.Seen) Invited {
	all := t.bare(ctx, one, i)
	all.Lines = seen.Lines(inputOf(i, required))
	all.Finished = checklist.Finished(all.Lines)
	return all
}

// Watch returns a function that returns an invitation with its checklist as it is now.
func (t Tenants) Watch(i invite.Invitation) func(ctx context.Context) (Invited, error) {
	return func(ctx context.Context) (Invited, error) {
		one, err := t.set(i.Tenant)
		if err != nil {
			return Invited{}, err
		}
		now, err := t.Invites.Of(ctx, i.Place)
		if err != nil {
			return Invited{}, err
		}
		return t.look(ctx, one, now, false)
	}
}

// inputOf joins an invitation with what its checklist is made from.
func inputOf(i invite.Invitation, required []checklist.Required) checklist.Input {
	in := checklist.Input{Connected: i.Connected, Matched: i.Matched, Required: required, Waived: map[string]checklist.Waiver{}}
	for line, w := range i.Waived {
		in.Waived[line] = checklist.Waiver{Reason: w.Reason, At: w.At}
	}
	return in
}
