package proxy

import (
	"context"
	"errors"
	"fmt"

	"keycloak-scim-proxy/proxy/overlay"
)

// SweepOptions say what to sweep.
type SweepOptions struct {
	// Tenant is the one whose realm is swept, with its account. Empty: the realms of all tenants, each once with its first tenant's account.
	Tenant string
	// DryRun finds, and removes nothing.
	DryRun bool
	// Found is told of each finding, after it was removed if it was.
	Found func(realm string, f overlay.Finding)
	// Done is told what was done in a realm, also when it failed in the middle.
	Done func(realm string, s overlay.Swept)
}

// Sweep removes the records of resources that are gone. A realm that fails does not keep the others from being swept.
func (p *Proxy) Sweep(ctx context.Context, o SweepOptions) error {
	var failed error
	swept := map[string]bool{}
	for _, c := range p.cfg.Tenants {
		if swept[c.Realm] || o.Tenant != "" && c.Tenant != o.Tenant {
			continue
		}
		swept[c.Realm] = true
		if err := p.sweepRealm(ctx, p.tenants.all[c.Tenant], o); err != nil {
			failed = errors.Join(failed, fmt.Errorf("realm %s: %w", c.Realm, err))
		}
	}
	switch {
	case len(swept) > 0:
		return failed
	case o.Tenant != "":
		return fmt.Errorf("there is no tenant %q", o.Tenant)
	}
	return errors.New("there is no tenant: a realm that is served drop-in only has no account to sweep with")
}

// sweepRealm asks Keycloak with the tenant's own account, which tells a missing resource from a missing SCIM API.
func (p *Proxy) sweepRealm(ctx context.Context, t *tenant, o SweepOptions) error {
	realm := t.scope.realm.name
	known, err := t.scope.profile(ctx, t.account)
	if err != nil {
		return err
	}
	options := overlay.SweepOptions{DryRun: o.DryRun}
	if o.Found != nil {
		options.Found = func(f overlay.Finding) { o.Found(realm, f) }
	}
	done, err := overlay.Sweep(ctx, t.scope.spaces.records, t.scope.spaces.pending, t.scope.directory(t.account, known), p.now(), options)
	if o.Done != nil {
		o.Done(realm, done)
	}
	return err
}
