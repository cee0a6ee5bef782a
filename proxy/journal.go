package proxy

import (
	"context"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scopes"
)

// journalOf is the journal of a tenant, nil if it has none.
func (p *Proxy) journalOf(name string) *journal.Log {
	if t, there := p.tenants.Now().Of(name); there {
		return t.scope.Journal
	}
	return nil
}

// journals are those of all scopes that tenants use, each with the account of its first tenant.
func (p *Proxy) journals() (all []journaling.Kept) {
	seen := map[*scopes.Scope]bool{}
	for _, t := range p.tenants.each() {
		if t.scope.Journal == nil || seen[t.scope] {
			continue
		}
		seen[t.scope] = true
		r := journaling.Resolver{Log: t.scope.Journal, Open: p.scene(t), Age: p.requestTimeout() + p.doubt() + grace}
		if p.cfg.Store.Redis == nil {
			r.Since = p.started
		}
		all = append(all, journaling.Kept{Resolver: r, Done: p.operator.Journaled})
	}
	return all
}

// scene lets the resources of entries be seen as their tenant sees them, or as the tenant of the
// scope if that one is gone.
func (p *Proxy) scene(first *tenant) func(ctx context.Context, e journal.Entry) (journaling.Scene, error) {
	return func(ctx context.Context, e journal.Entry) (journaling.Scene, error) {
		t, ours := p.tenants.Now().Of(e.Tenant)
		if !ours || t.scope != first.scope {
			t, ours = first, false
		}
		layers := &layered{caller: caller{tenant: t, subject: e.Subject, credential: t.account}}
		service, err := layers.layers(ctx)
		if err != nil {
			return journaling.Scene{}, err
		}
		s := journaling.Scene{Directory: service.Below(), Lock: t.scope.Lock}
		if ours {
			s.Create = func(ctx context.Context, rt scim.ResourceType, body scim.Resource) (scim.Ref, error) {
				a, err := service.Do(ctx, protocol.Create{Type: rt, Body: body})
				return a.Made, err
			}
		}
		return s, nil
	}
}

// Operations are what commands do at a proxy.
func (p *Proxy) Operations() control.Operations {
	return operate.Tenants{Of: p.operated, All: p.names, Events: p.spaces, Guards: p.spaces.Open(budget.SpaceName), Says: adapters.Says, Now: p.clock}.Operations()
}

func (p *Proxy) operated(name string) (operate.Tenant, bool) {
	t, there := p.tenants.Now().Of(name)
	if !there {
		return operate.Tenant{}, false
	}
	return operate.Tenant{Name: name, Journal: t.scope.Journal, Payloads: t.payloads}, true
}

func (p *Proxy) names() (all []string) {
	for _, t := range p.tenants.each() {
		all = append(all, t.name)
	}
	return all
}
