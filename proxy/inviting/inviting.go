// Package inviting joins invitations, trials and the pages of customers with the tenants of a
// proxy. It has the terms of the tokens that customers make: how long they are valid, and which
// link makes none.
package inviting

import (
	"context"
	"net/http"
	"slices"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/console/setup"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/golive"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/policy/trial"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/site"
	"keycloak-scim-proxy/proxy/store"
)

// Options of Customers.
type Options struct {
	PublicURL string
	Engine    store.Engine
	// Doubt is how long a call may take until its outcome is in the journal.
	Doubt   time.Duration
	Trusted clientip.Networks
	// Tenant returns the gate of a tenant that is configured.
	Tenant func(name string) (*golive.Gate, bool)
	// Operations are those of operators.
	Operations func() operate.Tenants
	// Issued has the tokens that are made at run time.
	Issued func() *issued.Tokens
	// Log gets a record of each request for a page.
	Log   observe.Sink
	NewID func() string
	Now   func() time.Time
}

// Customers are invited to set up their tenants. A nil Customers invites none.
type Customers struct {
	Options

	invites  *invite.Invites
	pages    *setup.Pages
	readings operate.Readings
}

// New opens the invitations, if the configuration enables them. It accesses nothing.
func New(enabled bool, o Options) (*Customers, error) {
	if !enabled {
		return nil, nil //nolint:nilnil // it invites none
	}
	c := &Customers{Options: o, invites: invite.New(invite.Options{Space: o.Engine.Open(invite.SpaceName), Now: o.Now})}
	var err error
	c.pages, err = setup.New(setup.Options{
		Invites: c.invites, PublicURL: o.PublicURL, Tenant: c.tenant, Watch: c.watch, NewToken: c.newToken, Token: c.token, Address: func(r *http.Request) string { return clientip.Text(r, o.Trusted) }, Now: o.Now,
	})
	return c, err
}

// Invites are the invitations; nil: customers are not invited.
func (c *Customers) Invites() *invite.Invites {
	if c == nil {
		return nil
	}
	return c.invites
}

// Readings are those of the checklists of all tenants.
func (c *Customers) Readings() *operate.Readings {
	if c == nil {
		return nil
	}
	return &c.readings
}

// LinkURL is the URL of a link.
func (c *Customers) LinkURL(link string) string { return c.PublicURL + setup.Path + "/" + link }

// Run ends the streams of pages when the context ends: a server waits for them.
func (c *Customers) Run(ctx context.Context) {
	if c != nil {
		<-ctx.Done()
		c.pages.Close()
	}
}

func placeOf(t config.Tenant) invite.Place {
	return invite.Place{Tenant: t.Tenant, Realm: t.Realm, Group: t.Group}
}

// Trial is that of a staged tenant, nil if there can be none.
func (c *Customers) Trial(t config.Tenant, l *journal.Log) staged.Trial {
	if c == nil || t.State != "staged" || l == nil {
		return nil
	}
	return trial.New(trial.Options{
		Tenant: t.Tenant, Space: c.Engine.Open(invite.SpaceName), Journal: l, Request: observe.RequestID, Doubt: c.Doubt, Now: c.Now,
		Open: func(ctx context.Context) (time.Time, bool, error) {
			i, open, err := c.invites.Open(ctx, placeOf(t))
			return i.Since, open && i.Live.IsZero(), err
		},
		Ended: func(ctx context.Context) error { return c.invites.WentLive(ctx, placeOf(t)) },
	})
}

// Noting returns a Service of a tenant that notes in its invitation what reads show. The gate is
// nil for drop-in callers, who are not invited.
func (c *Customers) Noting(g *golive.Gate, next protocol.Service) protocol.Service {
	if c == nil || g == nil {
		return next
	}
	at, live := placeOf(g.Configured()), g.Configured().State != "staged"
	return trial.Noting(next, func(ctx context.Context, matched bool) { c.invites.Saw(ctx, at, matched, live) })
}

// placeTime bounds how long the user profile is waited for that says where attributes live.
const placeTime = 3 * time.Second

// SetUp is a tenant as its set-up needs it.
func SetUp(g *golive.Gate) operate.SetUp {
	t := g.Configured()
	return operate.SetUp{
		Place: placeOf(t), IDP: t.IDP, Live: func(ctx context.Context) bool { return g.State(ctx).Live },
		Required: func(ctx context.Context) (all []checklist.Required) {
			ctx, cancel := context.WithTimeout(ctx, placeTime)
			defer cancel()
			required, places := g.Places(ctx)
			for i, r := range required {
				all = append(all, checklist.Required{Path: r.String(), Lives: string(places[i]), Kept: places[i] == staged.Store})
			}
			return all
		},
	}
}

// tenant is a tenant for its customer.
func (c *Customers) tenant(at invite.Place) (setup.Tenant, bool) {
	g, there := c.Tenant(at.Tenant)
	if !there || placeOf(g.Configured()) != at {
		return setup.Tenant{}, false
	}
	return setup.Tenant{Name: at.Tenant, IDP: g.Configured().IDP, BaseURL: site.Site{PublicURL: c.PublicURL}.Tenant(at.Tenant)}, true
}

// watch shows the progress of an invitation as operators see it.
func (c *Customers) watch(i invite.Invitation) setup.Watch {
	see := c.Operations().Watch(i)
	return func(ctx context.Context) (setup.Progress, error) {
		now, err := see(ctx)
		return setup.Progress{Lines: now.Lines, Finished: now.Finished, Live: now.Live}, err
	}
}

const (
	// tokenLife is how long a token of a customer is valid, and overlap how long the former ones of
	// the same link are when it makes another one.
	tokenLife = 365 * 24 * time.Hour
	overlap   = 24 * time.Hour
	// mostTokens is how many tokens of a link work at the same time. The oldest are revoked, so that
	// a customer does not take the places that the tenant has for those of operators.
	mostTokens = 5
)

// newToken makes a token of a tenant. With a link that was made for a trial, a live tenant gets one
// only in place of one that this link has made: its holder could write to all users with a first
// one.
func (c *Customers) newToken(ctx context.Context, tenant, by string) (string, setup.Token, error) {
	over, err := c.trialOver(ctx, tenant)
	if err != nil {
		return "", setup.Token{}, err
	}
	if _, there := c.token(ctx, tenant, by); over && !there {
		return "", setup.Token{}, setup.ErrLive
	}
	ours := func(t issued.Token) bool { return t.By == by }
	all, err := c.Issued().List(ctx, tenant)
	if err != nil {
		return "", setup.Token{}, err
	}
	live := slices.DeleteFunc(all, func(t issued.Token) bool { return !ours(t) || t.State(c.Now()) != issued.Live })
	if n := len(live) - mostTokens + 1; n > 0 {
		oldest := func(t issued.Token) bool {
			return slices.ContainsFunc(live[:n], func(o issued.Token) bool { return o.ID == t.ID })
		}
		if _, err := c.Issued().RevokeAll(ctx, tenant, by, oldest); err != nil {
			return "", setup.Token{}, err
		}
	}
	text, made, err := c.Issued().Rotate(ctx, tenant, by, c.Now().Add(tokenLife), overlap, ours)
	if err != nil {
		return "", setup.Token{}, err
	}
	return text.Reveal(), setup.Token{ID: made.ID, Made: made.Made, Expires: made.Expires}, nil
}

// trialOver reports whether the invitation of a tenant is for a trial that has ended, because the
// tenant is live or was.
func (c *Customers) trialOver(ctx context.Context, tenant string) (bool, error) {
	g, there := c.Tenant(tenant)
	if !there {
		return false, invite.ErrNone
	}
	i, err := c.invites.Of(ctx, placeOf(g.Configured()))
	return i.Staged && (!i.Live.IsZero() || g.State(ctx).Live), err
}

// token is the newest of the tokens that a link has made.
func (c *Customers) token(ctx context.Context, tenant, by string) (newest setup.Token, there bool) {
	all, err := c.Issued().Show(ctx, tenant)
	if err != nil {
		return newest, false
	}
	for _, t := range all {
		if t.By == by && t.State == issued.Live && !t.Made.Before(newest.Made) {
			newest, there = setup.Token{ID: t.ID, Made: t.Made, Expires: t.Expires, Used: t.Used}, true
		}
	}
	return newest, there
}
