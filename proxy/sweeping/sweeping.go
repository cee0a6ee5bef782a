// Package sweeping removes the records of resources that no longer exist, in all places of a proxy.
package sweeping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scopes"
)

// Options configure Sweep.
type Options struct {
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

// Place is where a tenant's resources are.
type Place struct {
	Tenant string
	Scope  *scopes.Scope
	// Open returns the resources as the tenant's account sees them: it can tell a missing resource
	// from a missing SCIM API.
	Open func(ctx context.Context) (directory.Directory, error)
}

// Sweep removes the records of resources that no longer exist. If it fails in one realm, it
// continues with the others.
func Sweep(ctx context.Context, places []Place, now time.Time, o Options) error {
	var failed error
	swept := map[*scopes.Scope]bool{}
	for _, p := range places {
		if swept[p.Scope] || o.Tenant != "" && p.Tenant != o.Tenant {
			continue
		}
		swept[p.Scope] = true
		if err := p.sweep(ctx, now, o); err != nil {
			failed = errors.Join(failed, fmt.Errorf("realm %s: %w", p.Scope.Name, err))
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

func (p Place) sweep(ctx context.Context, now time.Time, o Options) error {
	below, err := p.Open(ctx)
	if err != nil {
		return err
	}
	options := overlay.SweepOptions{DryRun: o.DryRun}
	if o.Found != nil {
		options.Found = func(f overlay.Finding) { o.Found(p.Scope.Name, f) }
	}
	done, err := overlay.Sweep(ctx, p.Scope.Spaces.Records, p.Scope.Spaces.Pending, below, now, options)
	if o.Done != nil {
		o.Done(p.Scope.Name, done)
	}
	return err
}
