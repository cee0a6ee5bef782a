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

// Invite makes an invitation of a tenant, and ends the former one.
func (t Tenants) Invite(ctx context.Context, tenant, by string, span time.Duration) (Invited, error) {
	one, err := t.set(tenant)
	if err != nil {
		return Invited{}, err
	}
	live := one.SetUp.Live(ctx)
	link, made, err := t.Invites.Make(ctx, one.SetUp.Place, by, span, !live)
	if err == nil {
		err = t.note(ctx, one, journal.Invited, made.ID, by, "until "+made.Expires.Format(time.RFC3339))
	}
	if err != nil {
		return Invited{}, err
	}
	all, err := t.invited(ctx, one, made)
	all.Link = t.LinkURL(link)
	return all, err
}

// Invitation returns the invitation of a tenant with its checklist. It is invite.ErrNone if there
// is none.
func (t Tenants) Invitation(ctx context.Context, tenant string) (Invited, error) {
	one, err := t.set(tenant)
	if err != nil {
		return Invited{}, err
	}
	i, err := t.Invites.Of(ctx, one.SetUp.Place)
	if err != nil {
		return Invited{}, err
	}
	return t.invited(ctx, one, i)
}

// RevokeInvitation ends the invitation of a tenant.
func (t Tenants) RevokeInvitation(ctx context.Context, tenant, by string) (Invited, error) {
	one, err := t.set(tenant)
	if err != nil {
		return Invited{}, err
	}
	i, err := t.Invites.Revoke(ctx, one.SetUp.Place, by)
	if err == nil {
		err = t.note(ctx, one, journal.InvitationRevoked, i.ID, by, "")
	}
	if err != nil {
		return Invited{}, err
	}
	return t.invited(ctx, one, i)
}

// WaiveLine waives a line of the checklist of a tenant.
func (t Tenants) WaiveLine(ctx context.Context, tenant, line, reason, by string) (Invited, error) {
	one, err := t.set(tenant)
	if err != nil {
		return Invited{}, err
	}
	if all := checklist.Lines(one.SetUp.Required(ctx)); !slices.Contains(all, line) {
		return Invited{}, fmt.Errorf("the checklist of %s has no line %q; it has %s", tenant, line, strings.Join(all, ", "))
	}
	if strings.TrimSpace(reason) == "" {
		return Invited{}, errors.New("a line is waived with a reason")
	}
	i, err := t.Invites.Waive(ctx, one.SetUp.Place, line, reason, by)
	if err == nil {
		err = t.note(ctx, one, journal.Waived, line, by, reason)
	}
	if err != nil {
		return Invited{}, err
	}
	return t.invited(ctx, one, i)
}

func (t Tenants) note(ctx context.Context, one Tenant, a journal.Action, about, by, reason string) error {
	return one.Journal.Note(ctx, &journal.Entry{Who: journal.Who{Tenant: one.Name, Operator: by}, Verb: string(a), Name: about, Reason: reason})
}

func (t Tenants) invited(ctx context.Context, one Tenant, i invite.Invitation) (Invited, error) {
	flush(ctx, one.Journal)
	r := reader(one, i)
	for {
		entries, more, err := r.Read(ctx)
		if err != nil {
			return Invited{}, err
		}
		if !more {
			return t.seen(ctx, one, i, one.SetUp.Required(ctx), entries), nil
		}
	}
}

func reader(one Tenant, i invite.Invitation) *checklist.Reader {
	return &checklist.Reader{Log: one.Journal, Tenant: one.Name, Since: i.Since}
}

func (t Tenants) seen(ctx context.Context, one Tenant, i invite.Invitation, required []checklist.Required, entries []journal.Entry) Invited {
	lines := checklist.Of(inputOf(i, one.SetUp.IDP, required, entries))
	return Invited{Invitation: i, Open: i.Open(t.Now()), Live: one.SetUp.Live(ctx), Lines: lines, Finished: checklist.Finished(lines)}
}

// placesAge is how long Watch relies on where attributes live, which Keycloak knows.
const placesAge = 30 * time.Second

// Watch returns a function that returns an invitation with its checklist, and reads only what is
// new in the journal each time. Its calls must come one after the other.
func (t Tenants) Watch(i invite.Invitation) func(ctx context.Context) (Invited, error) {
	var r *checklist.Reader
	var required []checklist.Required
	var asked time.Time
	return func(ctx context.Context) (Invited, error) {
		one, err := t.set(i.Tenant)
		if err != nil {
			return Invited{}, err
		}
		now, err := t.Invites.Of(ctx, i.Place)
		if err != nil {
			return Invited{}, err
		}
		if r == nil || r.Log != one.Journal {
			r = reader(one, i)
		}
		entries, _, err := r.Read(ctx)
		if err != nil {
			return Invited{}, err
		}
		if t.Now().Sub(asked) > placesAge {
			required, asked = one.SetUp.Required(ctx), t.Now()
		}
		return t.seen(ctx, one, now, required, entries), nil
	}
}

// inputOf joins an invitation with what its checklist is made from.
func inputOf(i invite.Invitation, idp string, required []checklist.Required, entries []journal.Entry) checklist.Input {
	in := checklist.Input{IDP: idp, Entries: entries, Connected: i.Connected, Matched: i.Matched, Required: required, Waived: map[string]checklist.Waiver{}}
	for line, w := range i.Waived {
		in.Waived[line] = checklist.Waiver{Reason: w.Reason, At: w.At}
	}
	return in
}

// Actions of the operation invite.
const (
	InviteMake   = "make"
	InviteShow   = "show"
	InviteRevoke = "revoke"
	InviteWaive  = "waive"
)

// InviteArguments are what a command asks of the invitation of a tenant.
type InviteArguments struct {
	Tenant, Action, By string
	For                time.Duration // of make
	Line, Reason       string        // of waive
}

func (t Tenants) invite(ctx context.Context, a InviteArguments, send func(any) error) (err error) {
	var got Invited
	switch a.Action {
	case InviteMake:
		got, err = t.Invite(ctx, a.Tenant, a.By, a.For)
	case InviteShow:
		got, err = t.Invitation(ctx, a.Tenant)
	case InviteRevoke:
		got, err = t.RevokeInvitation(ctx, a.Tenant, a.By)
	case InviteWaive:
		got, err = t.WaiveLine(ctx, a.Tenant, a.Line, a.Reason, a.By)
	default:
		err = fmt.Errorf("there is no action %q", a.Action)
	}
	if err != nil {
		return err
	}
	return send(got)
}
