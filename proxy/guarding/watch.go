package guarding

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/policy/budget"
)

const (
	// every is the time between two looks at the states of all guards, and lookTime bounds one.
	every    = 15 * time.Second
	lookTime = 10 * time.Second
)

// Run looks at the states of all guards every 15 seconds, for the metrics and the log, until the
// context ends.
func (g *Guards) Run(ctx context.Context) {
	for {
		g.look(ctx)
		if pause.For(ctx, every) != nil {
			return
		}
	}
}

// look reads the states, and says what has changed. If the store does not answer, the states stay
// as they were: what needs the store reports that.
func (g *Guards) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	tenants := g.Tenants()
	names := make([]string, len(tenants))
	for i, t := range tenants {
		names[i] = t.Tenant
	}
	now, err := budget.Brief(ctx, g.space, names, g.Now())
	if err != nil {
		return
	}
	for _, t := range tenants {
		was, is := g.known[t.Tenant], now[t.Tenant]
		switch {
		case is.State == budget.Released && !is.Until.Equal(was.Until):
			g.Operator.Released(t.Realm, is)
		case is.State != budget.Released && was.State == budget.Released:
			g.Operator.Closed(t.Tenant, t.Realm, is)
		case is.State == budget.Holding && g.known == nil: // before this process was started
			g.Operator.Holding(t.Realm, is)
		}
	}
	g.known = now
	g.metrics.show(tenants, now)
}
