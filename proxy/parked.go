package proxy

import (
	"context"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scopes"
)

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
