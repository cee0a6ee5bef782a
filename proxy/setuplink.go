package proxy

import (
	"context"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/policy/trial"
	"keycloak-scim-proxy/proxy/protocol"
)

// openInvites opens the invitations of customers if the configuration enables them.
func (p *Proxy) openInvites() {
	if p.cfg.SetupLinks.Enabled {
		p.invites = invite.New(invite.Options{Space: p.spaces.Open(invite.SpaceName), Now: p.clock})
	}
}

// setupPath is where the pages of customers are, below publicURL.
const setupPath = "/setup"

// linkURL is the URL of a link.
func (p *Proxy) linkURL(link string) string { return p.cfg.PublicURL + setupPath + "/" + link }

func invited(c config.Tenant) invite.Place {
	return invite.Place{Tenant: c.Tenant, Realm: c.Realm, Group: c.Group}
}

// trialOf is the trial of a staged tenant, nil if there can be none.
func (p *Proxy) trialOf(t *tenant, c config.Tenant) staged.Trial {
	if p.invites == nil || c.State != "staged" || t.scope.Journal == nil {
		return nil
	}
	return trial.New(trial.Options{
		Tenant: c.Tenant, Space: p.spaces.Open(invite.SpaceName), Journal: t.scope.Journal, Request: observe.RequestID,
		Doubt: p.requestTimeout() + p.doubt() + grace, Now: p.clock,
		Open: func(ctx context.Context) (time.Time, bool, error) {
			i, open, err := p.invites.Open(ctx, invited(c))
			return i.Since, open, err
		},
	})
}

// sawOf notes what reads of a tenant show, nil if nothing is noted.
func (p *Proxy) sawOf(c config.Tenant) func(ctx context.Context, matched bool) {
	if p.invites == nil {
		return nil
	}
	return func(ctx context.Context, matched bool) { p.invites.Saw(ctx, invited(c), matched) }
}

// noting tells the invitation of the tenant about reads.
func (c caller) noting(next protocol.Service) protocol.Service {
	if c.saw == nil {
		return next
	}
	return trial.Noting(next, c.saw)
}

// placeTime bounds how long the user profile is waited for that says where attributes live.
const placeTime = 3 * time.Second

// setUp is a tenant as its set-up needs it.
func setUp(t *tenant) operate.SetUp {
	return operate.SetUp{
		Place: invited(t.gate.Configured()), IDP: t.plan.dialect.Name,
		Live: func(ctx context.Context) bool { return t.gate.State(ctx).Live },
		Required: func(ctx context.Context) (all []checklist.Required) {
			ctx, cancel := context.WithTimeout(ctx, placeTime)
			defer cancel()
			required, places := t.gate.Places(ctx)
			for i, r := range required {
				all = append(all, checklist.Required{Path: r.String(), Lives: string(places[i]), Kept: places[i] == staged.Store})
			}
			return all
		},
	}
}
