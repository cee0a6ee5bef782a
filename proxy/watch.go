package proxy

import (
	"context"

	"keycloak-scim-proxy/proxy/health"
)

// watched are the tenants as the monitor sees them.
func (p *Proxy) watched() (all []health.Tenant) {
	for _, c := range p.cfg.Tenants {
		all = append(all, health.Tenant{Name: c.Tenant, Realm: c.Realm, Diagnose: func(ctx context.Context) health.Report {
			t := p.tenants.all[c.Tenant]
			return health.Diagnose(ctx, p.client, t.account, health.Needs{Group: t.scope.group, Rights: t.rights})
		}})
	}
	return all
}

// Checked is closed when the proxy has asked once, after its start, whether every tenant works.
func (p *Proxy) Checked() <-chan struct{} { return p.monitor.Checked() }
