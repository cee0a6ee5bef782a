package proxy

import (
	"context"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/health"
)

// watched are the tenants as the monitor sees them.
func (p *Proxy) watched() (all []health.Tenant) {
	for _, c := range p.cfg.Tenants {
		all = append(all, health.Tenant{Name: c.Tenant, Realm: c.Realm, Diagnose: func(ctx context.Context) health.Report {
			t := p.tenants.all[c.Tenant]
			return health.Diagnose(ctx, p.client, t.account, t.scope.group)
		}})
	}
	return all
}

// Checked is closed when the proxy has asked once, after its start, whether every tenant works.
func (p *Proxy) Checked() <-chan struct{} { return p.monitor.Checked() }

// changed logs what has become of a tenant, in one line, and sets its metrics.
func (p *Proxy) changed(is health.Status) {
	if len(is.Faults) > 0 || is.Open == nil {
		p.metrics.Tenant(is.Name, is.Realm, is.Causes())
	}
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
