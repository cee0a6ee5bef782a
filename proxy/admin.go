package proxy

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"keycloak-scim-proxy/proxy/adminhttp"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/snapshot"
)

// adminHandler serves health, metrics, canaries and snapshots of the store.
func (p *Proxy) adminHandler() http.Handler {
	routes := map[string]http.Handler{
		"GET /readyz":              p.readiness(),
		"/tenants/{tenant}/canary": p.canaries(),
		"POST /store/snapshot":     snapshot.Handler(p.engine),
		"GET /metrics":             promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{EnableOpenMetrics: p.traces.On()}),
	}
	if p.level != nil {
		routes["/loglevel"] = observe.LevelHandler(*p.level, p.log, p.clock)
	}
	return adminhttp.Handler(routes, p.console.Routes(routes)...)
}

func (p *Proxy) readiness() *health.Readiness {
	r := health.NewReadiness(p.engine, p.tenants.storeMatches, p.monitor.Status, p.now)
	r.Result, r.Details = p.metrics.Ready, func() []string { return []string{p.metrics.Timings.LastAnswer()} }
	r.Stopping = p.draining.Load
	r.Notes = func(ctx context.Context) (lines []string) {
		for _, wrong := range p.tenants.Now().Wrong {
			lines = append(lines, "a tenant's file is wrong, its tenant stays as it was: "+wrong.String())
		}
		for _, t := range p.tenants.each() {
			lines = append(lines, t.gate.Notes(ctx)...)
		}
		if err := p.tenants.Revoked.Stale(); err != nil {
			lines = append(lines, "revocations of tokens were not read from the store for 30 s or more: "+err.Error())
		}
		return append(lines, p.tenants.Issued.Notes()...)
	}
	return r
}

// itself lets the proxy send requests as a tenant, for a canary. Nothing outside can be it.
type itself struct{ *tenant }

func (i itself) authenticate(*http.Request, map[string]string) (caller, error) {
	return caller{tenant: i.tenant, keyID: "canary", credential: i.account, canary: true}, nil
}

func (itself) challenge(map[string]string) string { return "" }

func (p *Proxy) canaries() canary.Handler {
	of := func(name string) (canary.Tenant, bool) {
		t, known := p.tenants.Now().Of(name)
		if !known {
			return canary.Tenant{}, false
		}
		return t.gate.Canary(p.recorded(p.door(itself{t}).Handler())), true
	}
	return canary.Handler{Of: of, NewID: p.newID, Now: p.now, Done: p.operator.Canary}
}
