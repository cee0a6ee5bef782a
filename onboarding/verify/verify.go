package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/attacks"
	"keycloak-scim-proxy/onboarding/permissions"
	"keycloak-scim-proxy/onboarding/tenant"
)

// Request is a request with the account's own access token.
type Request struct {
	// API and Path say where it goes: attacks.SCIM is below /realms/{realm}/scim/v2, attacks.Admin
	// below /admin/realms/{realm}. Path begins with a slash or is empty, and may have a query.
	API          attacks.API
	Method, Path string
	// Body is JSON, "" for none.
	Body string
}

// Send sends a request and returns the answer, whatever its status. It fails if there is none.
type Send func(context.Context, Request) (status int, body []byte, err error)

// Proof verifies a tenant.
type Proof struct {
	admin *onboarding.Admin
	spec  tenant.Spec
	t     *tenant.Tenant
	send  Send
	// run begins the names of the decoys of this run, every of all runs for this client.
	run, every string

	report *Report
	found  subject
}

// subject is what the account and the tenant are.
type subject struct {
	// client and user are ids, "" for what does not exist.
	client, user string
	objects      tenant.Objects
	realm        onboarding.Realm
	set          *permissions.Set
	roles        []role
}

// New returns a proof that has sent nothing yet. The id tells the decoys of this run from those of
// others; it must be random, of lower-case letters and digits.
func New(admin *onboarding.Admin, spec tenant.Spec, id string, send Send) *Proof {
	every := decoyPrefix(spec.ClientID)
	return &Proof{
		admin: admin, spec: spec, t: tenant.New(admin, spec), send: send, run: every + id + "-", every: every,
		report: &Report{Realm: spec.Realm, Group: spec.Group, ClientID: spec.ClientID, Remains: remains(spec)},
	}
}

// Run verifies the tenant. It fails if it could not come to an end, such as when Keycloak does not
// answer or ctx is cancelled; then the report has what was found so far and is not OK. A finding is
// not an error. One run per client may be under way.
func (p *Proof) Run(ctx context.Context) (*Report, error) {
	err := p.prove(ctx)
	p.report.conclude(err == nil)
	return p.report, err
}

func (p *Proof) prove(ctx context.Context) error {
	if err := p.admin.Renew(ctx); err != nil {
		return err
	}
	if err := p.look(ctx); err != nil {
		return err
	}
	if p.spec.Group == "" {
		return p.read(ctx, p.account, p.effective, p.risks)
	}
	if err := p.leftOvers(ctx); err != nil {
		return err
	}
	if err := p.read(ctx, p.account, p.effective, p.permissions, p.realm); err != nil {
		return err
	}
	return p.attack(ctx)
}

// read does the steps that only read.
func (p *Proof) read(ctx context.Context, steps ...func(context.Context) error) error {
	for _, s := range steps {
		if err := errors.Join(p.admin.Renew(ctx), s(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// look finds what the tenant has.
func (p *Proof) look(ctx context.Context) (err error) {
	var exists bool
	if p.found.realm, exists, err = p.admin.Realm(ctx, p.spec.Realm); err != nil || !exists {
		return errors.Join(err, missing(exists, "realm "+p.spec.Realm))
	}
	var clients []struct{ ID string }
	if err := p.get(ctx, &clients, url.Values{"clientId": {p.spec.ClientID}}, "clients"); err != nil {
		return err
	}
	if len(clients) == 0 {
		return missing(false, "client "+p.spec.ClientID)
	}
	p.found.client = clients[0].ID
	var user struct{ ID string }
	if err := p.get(ctx, &user, nil, "clients", p.found.client, "service-account-user"); err != nil {
		return fmt.Errorf("service account of client %s: %w", p.spec.ClientID, err)
	}
	p.found.user = user.ID
	if p.spec.Group == "" {
		return nil
	}
	if p.found.objects, err = p.t.Objects(ctx); err != nil {
		return err
	}
	return missing(p.found.objects.Group != "", "group /"+p.spec.Group)
}

func missing(has bool, what string) error {
	if has {
		return nil
	}
	return errors.New("there is no " + what)
}

func (p *Proof) get(ctx context.Context, result any, query url.Values, path ...string) error {
	_, err := p.admin.Do(ctx, p.spec.Realm, onboarding.Request{Method: http.MethodGet, Path: path, Query: query, Result: result})
	return err
}
