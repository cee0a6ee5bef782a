package proxy

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/tokenlife"
)

// watched are the tenants as the monitor sees them.
func (p *Proxy) watched() (all []health.Tenant) {
	now := p.tenants.Now()
	for _, c := range now.Configured {
		t, _ := now.Of(c.Tenant)
		all = append(all, health.Tenant{Name: c.Tenant, Realm: c.Realm, Is: t, Diagnose: func(ctx context.Context) health.Report {
			return health.Diagnose(ctx, p.client, t.account, health.Needs{Group: t.group, Rights: t.rights, Attributes: t.gate.Check})
		}})
	}
	return all
}

// keys are those of all tenants.
func (p *Proxy) keys() []tokenlife.Key {
	all, now := tokenlife.KeysOf(p.tenants.Now().Configured, p.now()), p.now()
	for _, t := range p.tenants.each() {
		for _, k := range p.tenants.Issued.Known(t.name) {
			if k.State(now) != issued.Revoked {
				all = append(all, tokenlife.Key{Name: tokenlife.Name{Tenant: t.name, Key: k.ID}, Realm: t.scope.Name, Expires: k.Expires})
			}
		}
	}
	return all
}

// place is the realm and group of a tenant, as the store names it.
func (p *Proxy) place(tenant string) (string, bool) {
	t, there := p.tenants.Now().Of(tenant)
	if !there {
		return "", false
	}
	return t.scope.Spaces.Records.Name(), true
}

// named are the tenants as metrics name them.
func (p *Proxy) named() (all []observe.Tenancy) {
	for _, c := range p.tenants.Now().Configured {
		all = append(all, observe.Tenancy{Tenant: c.Tenant, Realm: c.Realm})
	}
	return all
}

// indexes are the indexes of the realms of tenants.
func (p *Proxy) indexes() (all []observe.IndexState) {
	for _, s := range p.realms.Indexes() {
		all = append(all, observe.IndexState(s))
	}
	return all
}

// showTime bounds what metrics read of the store, for all tenants together.
const showTime = 2 * time.Second

// states are the tenants as the metrics show them.
func (p *Proxy) states() (all observe.TenantsState) {
	ctx, cancel := context.WithTimeout(context.Background(), showTime)
	defer cancel()
	wrong := map[string]bool{}
	for _, problem := range p.tenants.Now().Wrong {
		wrong[problem.File] = true
	}
	all.WrongFiles = len(wrong)
	keys := notices.Keys(p.keys(), p.tenants.life.Used, p.now())
	for _, s := range p.monitor.Status() {
		if t, there := p.tenants.Now().Of(s.Name); there {
			live, moved := t.gate.Shown(ctx)
			all.All = append(all.All, observe.TenantState{Name: s.Name, Realm: s.Realm, Decided: s.Decided, Causes: s.Causes(), Checked: s.Checked, Live: live, Moved: moved, Keys: keys[s.Name]})
		}
	}
	return all
}

// Checked is closed when the proxy has asked once, after its start, whether every tenant works.
func (p *Proxy) Checked() <-chan struct{} { return p.monitor.Checked() }
