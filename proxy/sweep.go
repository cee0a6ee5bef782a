package proxy

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/sweeping"
)

// SweepOptions configure Sweep.
type SweepOptions = sweeping.Options

// Sweep removes the records of resources that no longer exist. If it fails in one realm, it
// continues with the others.
func (p *Proxy) Sweep(ctx context.Context, o SweepOptions) error {
	var places []sweeping.Place
	for _, t := range p.tenants.each() {
		places = append(places, sweeping.Place{Tenant: t.name, Scope: t.scope, Open: func(ctx context.Context) (directory.Directory, error) {
			known, err := t.scope.Profile(ctx, t.account)
			if err != nil {
				return nil, err
			}
			return confined.Within(t.scope.Directory(t.account, known), known, t.group), nil
		}})
	}
	return sweeping.Sweep(ctx, places, p.now(), o)
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
