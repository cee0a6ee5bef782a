package proxy

import (
	"context"

	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/scopes"
)

// sweeps are those of parked users. Each scope is swept for its first tenant that parks.
func (p *Proxy) sweeps() (out []leaver.Pass) {
	seen := map[*scopes.Scope]bool{}
	for _, t := range p.tenants.each() {
		if t.leavers.Mode == leaver.Park && !seen[t.scope] {
			seen[t.scope] = true
			out = append(out, leaver.Pass{
				Lock:  func(ctx context.Context) (func(), error) { return t.scope.Lock(ctx, "leavers") },
				Sweep: func(ctx context.Context) (int, error) { return p.sweepParked(ctx, t) },
				Done:  func(n int, err error) { p.operator.Swept(t.name, n, err) },
			})
		}
	}
	return out
}

func (p *Proxy) sweepParked(ctx context.Context, t *tenant) (int, error) {
	known, err := t.scope.Profile(ctx, t.account)
	if err != nil {
		return 0, err
	}
	realm := t.scope.Directory(t.account, known)
	return leaver.New(confined.Within(realm, known, t.group), realm, t.leavers).Sweep(ctx)
}
