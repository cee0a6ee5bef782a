package proxy

import (
	"context"
	"net/http"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/console/setup"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/policy/trial"
	"keycloak-scim-proxy/proxy/protocol"
)

// status is an answer whose status is noted.
type status struct {
	http.ResponseWriter

	code int
}

// WriteHeader notes the status.
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap is for http.ResponseController.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// withSetup serves the pages of customers before all other paths. Their requests have a line in the
// log, without the path, which may be a link; they are not counted with those of providers, because
// some last for minutes.
func (p *Proxy) withSetup(next http.Handler) http.Handler {
	if p.customers == nil {
		return next
	}
	pages := p.customers.Handler()
	e := observe.Entrance{Now: p.clock, NewID: func() string { return p.newID() }, Trusted: p.behindProxy, Sinks: []observe.Sink{observe.NewLog(p.log)}}
	logged := e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &status{ResponseWriter: w, code: http.StatusOK}
		defer observe.From(r.Context()).Note(func(o *observe.Summary) { o.Status, o.Path, o.Address = s.code, setup.Path, p.clientAddress(r) })
		pages.ServeHTTP(s, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if setup.Owns(r.URL.Path) {
			logged.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *Proxy) clientAddress(r *http.Request) string {
	if client, known := clientip.Of(r, p.tenants.Trusted); known {
		return client.String()
	}
	return ""
}

// openSetup makes the pages of customers if the configuration enables them.
func (p *Proxy) openSetup() (err error) {
	if p.invites == nil {
		return nil
	}
	p.customers, err = setup.New(setup.Options{
		Invites: p.invites, PublicURL: p.cfg.PublicURL, Tenant: p.customer, Watch: p.watchSetup,
		NewToken: p.customerToken, Token: p.tokenOf, Address: p.clientAddress, Now: p.clock,
	})
	return err
}

// customer is a tenant for its customer.
func (p *Proxy) customer(at invite.Place) (setup.Tenant, bool) {
	t, there := p.tenants.Now().Of(at.Tenant)
	if !there || invited(t.gate.Configured()) != at {
		return setup.Tenant{}, false
	}
	return setup.Tenant{Name: at.Tenant, IDP: t.plan.dialect.Name, BaseURL: p.site.Tenant(at.Tenant)}, true
}

// watchSetup shows the progress of an invitation as operators see it.
func (p *Proxy) watchSetup(i invite.Invitation) setup.Watch {
	see := p.operations().Watch(i)
	return func(ctx context.Context) (setup.Progress, error) {
		now, err := see(ctx)
		return setup.Progress{Lines: now.Lines, Finished: now.Finished, Live: now.Live}, err
	}
}

const (
	// customerTokenLife is how long a token of a customer is valid, and customerOverlap how long the
	// former ones of the same link are when it makes another one.
	customerTokenLife = 365 * 24 * time.Hour
	customerOverlap   = 24 * time.Hour
)

func (p *Proxy) customerToken(ctx context.Context, tenant, by string) (string, setup.Token, error) {
	ours := func(t issued.Token) bool { return t.By == by }
	text, made, err := p.tenants.Issued.Rotate(ctx, tenant, by, p.now().Add(customerTokenLife), customerOverlap, ours)
	if err != nil {
		return "", setup.Token{}, err
	}
	return text.Reveal(), setup.Token{ID: made.ID, Made: made.Made, Expires: made.Expires}, nil
}

// tokenOf is the newest of the tokens that a link has made.
func (p *Proxy) tokenOf(ctx context.Context, tenant, by string) (newest setup.Token, there bool) {
	all, err := p.tenants.Issued.Show(ctx, tenant)
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

// openInvites opens the invitations of customers if the configuration enables them.
func (p *Proxy) openInvites() {
	if p.cfg.SetupLinks.Enabled {
		p.invites = invite.New(invite.Options{Space: p.spaces.Open(invite.SpaceName), Now: p.clock})
	}
}

// linkURL is the URL of a link.
func (p *Proxy) linkURL(link string) string { return p.cfg.PublicURL + setup.Path + "/" + link }

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
