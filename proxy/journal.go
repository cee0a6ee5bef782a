package proxy

import (
	"context"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/inviting"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/policy/audit"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/writing"
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

// service has the layers of a tenant with its own account.
func (t *tenant) service(ctx context.Context, subject string) (*writing.Service, error) {
	return (&layered{caller: caller{tenant: t, subject: subject, credential: t.account}}).layers(ctx)
}

// Place is a tenant for the commands of an operator.
func (p *Proxy) Place(ctx context.Context, name, operator string) (operating.Place, error) {
	t, there := p.tenants.Now().Of(name)
	if !there {
		return operating.Place{}, operating.Unknown(name)
	}
	s, err := t.service(ctx, "")
	if err != nil {
		return operating.Place{}, err
	}
	return operating.Place{
		Tenant: name, Operator: operator, Journal: t.scope.Journal, Directory: s.Below(), Records: t.scope.Spaces.Records, Lock: t.scope.Lock, NewID: p.newID,
		Calls: t.plan.audit.Service(s, audit.Who{Tenant: name, Realm: t.scope.Name, Subject: operator}),
	}, nil
}

// scene lets the resources of entries be seen as their tenant sees them, or as the tenant of the
// scope if that one is gone.
func (p *Proxy) scene(first *tenant) func(ctx context.Context, e journal.Entry) (journaling.Scene, error) {
	return func(ctx context.Context, e journal.Entry) (journaling.Scene, error) {
		t, ours := p.tenants.Now().Of(e.Tenant)
		if !ours || t.scope != first.scope {
			t, ours = first, false
		}
		service, err := t.service(ctx, e.Subject)
		if err != nil {
			return journaling.Scene{}, err
		}
		return journaling.SceneOf(service.Below(), t.scope.Lock, service, ours), nil
	}
}

// Operations are what commands do at a proxy.
func (p *Proxy) Operations() control.Operations { return p.operations().Operations() }

func (p *Proxy) operations() operate.Tenants {
	return operate.Tenants{Invites: p.customers.Invites(), LinkURL: p.customers.LinkURL, Readings: p.customers.Readings(), Of: p.operated, All: p.tenants.Names, Place: p.Place, Events: p.spaces, Guards: p.spaces.Open(budget.SpaceName), Tokens: p.tenants.Issued, Says: adapters.Says, Now: p.clock}
}

func (p *Proxy) operated(name string) (operate.Tenant, bool) {
	t, there := p.tenants.Now().Of(name)
	if !there {
		return operate.Tenant{}, false
	}
	return operate.Tenant{Name: name, Journal: t.scope.Journal, Payloads: t.payloads, SetUp: inviting.SetUp(t.gate)}, true
}
