package proxy

import (
	"context"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/overlay"
)

// Sweep removes what is kept for resources that are gone, in the realm of each tenant, or of one. A realm that several tenants share is
// swept once.
func (p *Proxy) Sweep(ctx context.Context, only string, dryRun bool, tell func(realm string, s overlay.Swept)) error {
	done := map[string]bool{}
	for _, c := range p.cfg.Tenants {
		if only != "" && c.Tenant != only || done[c.Realm] {
			continue
		}
		done[c.Realm] = true
		t := p.tenants.all[c.Tenant]
		facts, err := t.parts.facts.get(ctx, t.parts, t.account)
		if err != nil {
			return err
		}
		below := keycloak.NewRealm(p.client, c.Realm, t.account, facts, keycloak.Options{})
		if err := overlay.Sweep(ctx, t.parts.space, below, p.now(), dryRun, func(s overlay.Swept) { tell(c.Realm, s) }); err != nil {
			return err
		}
	}
	return nil
}
