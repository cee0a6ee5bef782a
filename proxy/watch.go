package proxy

import (
	"context"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/observe"
)

// watched are the tenants as the monitor sees them.
func (p *Proxy) watched() (all []health.Tenant) {
	now := p.tenants.Now()
	for _, c := range now.Configured {
		t, _ := now.Of(c.Tenant)
		all = append(all, health.Tenant{Name: c.Tenant, Realm: c.Realm, Is: t, Diagnose: func(ctx context.Context) health.Report {
			return health.Diagnose(ctx, p.client, t.account, c.Group)
		}})
	}
	return all
}

// states are the tenants as the metrics show them.
func (p *Proxy) states() (all observe.TenantsState) {
	wrong := map[string]bool{}
	for _, problem := range p.tenants.Now().Wrong {
		wrong[problem.File] = true
	}
	all.WrongFiles = len(wrong)
	for _, s := range p.monitor.Status() {
		all.All = append(all.All, observe.TenantState{Name: s.Name, Realm: s.Realm, Decided: s.Decided, Causes: s.Causes()})
	}
	return all
}

// Checked is closed when the proxy has asked once, after its start, whether every tenant works.
func (p *Proxy) Checked() <-chan struct{} { return p.monitor.Checked() }

// changed logs what has become of a tenant, in one line.
func (p *Proxy) changed(is health.Status) {
	log := p.log.With(zap.String("tenant", is.Name), zap.String("realm", is.Realm))
	switch {
	case len(is.Faults) > 0:
		var wrong, remedy, said []string
		for _, f := range is.Faults {
			wrong, remedy, said = append(wrong, f.Wrong()), append(remedy, f.Remedy()), append(said, f.Said)
		}
		log.Warn("tenant does not work until a person acts", zap.Strings("fault", is.Causes()),
			zap.Strings("wrong", wrong), zap.Strings("remedy", remedy), zap.Strings("said", said))
	case is.Open != nil:
		log.Warn("tenant cannot be checked now; it is checked again every minute", zap.Error(is.Open))
	default:
		log.Info("tenant works")
	}
}

// differs reports that Keycloak's two APIs show a user differently.
func (p *Proxy) differs(realm, user string) {
	p.metrics.Differs()
	p.log.Warn("Keycloak's SCIM API and Admin REST API show a user differently; users of the realm are read by the SCIM API alone, which is slower, until the user profile is read again",
		zap.String("realm", realm), zap.String("user", user))
}
