package proxy

import (
	"context"
	"errors"
	"fmt"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scopes"
)

// SweepOptions configure Sweep.
type SweepOptions struct {
	// Tenant is the tenant whose realm or group is swept, with its account. If it is empty, those
	// of all tenants are swept, each once, with the account of its first tenant.
	Tenant string
	// DryRun reports the records that Sweep would remove, and removes nothing.
	DryRun bool
	// Found is called for each finding, after its removal, if it is removed.
	Found func(realm string, f overlay.Finding)
	// Done is called for each realm with the result, also if the sweep failed in the middle.
	Done func(realm string, s overlay.Swept)
}

// Sweep removes the records of resources that no longer exist. If it fails in one realm, it
// continues with the others.
func (p *Proxy) Sweep(ctx context.Context, o SweepOptions) error {
	var failed error
	swept := map[*scopes.Scope]bool{}
	for _, c := range p.tenants.Now().Configured {
		t, _ := p.tenants.Now().Of(c.Tenant)
		if swept[t.scope] || o.Tenant != "" && c.Tenant != o.Tenant {
			continue
		}
		swept[t.scope] = true
		if err := p.sweepRealm(ctx, t, o); err != nil {
			failed = errors.Join(failed, fmt.Errorf("realm %s: %w", c.Realm, err))
		}
	}
	switch {
	case len(swept) > 0:
		return failed
	case o.Tenant != "":
		return fmt.Errorf("there is no tenant %q", o.Tenant)
	}
	return errors.New("no tenant is configured: a realm without a tenant cannot be swept, because it has no account")
}

// sweepRealm sweeps one realm. It uses the tenant's account, for which a missing resource can be
// told from a missing SCIM API.
func (p *Proxy) sweepRealm(ctx context.Context, t *tenant, o SweepOptions) error {
	realm := t.scope.Name
	known, err := t.scope.Profile(ctx, t.account)
	if err != nil {
		return err
	}
	options := overlay.SweepOptions{DryRun: o.DryRun}
	if o.Found != nil {
		options.Found = func(f overlay.Finding) { o.Found(realm, f) }
	}
	done, err := overlay.Sweep(ctx, t.scope.Spaces.Records, t.scope.Spaces.Pending, confined.Within(t.scope.Directory(t.account, known), known, t.group), p.now(), options)
	if o.Done != nil {
		o.Done(realm, done)
	}
	return err
}

// sweeps are those of parked users. Each scope is swept for its first tenant that parks.
func (p *Proxy) sweeps() (out []leaver.Pass) {
	seen := map[*scopes.Scope]bool{}
	for _, t := range p.tenants.each() {
		open := func(ctx context.Context) (*keycloak.Realm, *profile.Profile, error) {
			known, err := t.scope.Profile(ctx, t.account)
			return t.scope.Directory(t.account, known), known, err
		}
		if pass, parks := t.continuity.Pass(open, t.group, p.operator.Swept(t.name)); parks && !seen[t.scope] {
			seen[t.scope] = true
			out = append(out, pass)
		}
	}
	return out
}
