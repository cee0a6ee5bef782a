package proxy

import (
	"context"
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/store"
)

// adminHandler serves liveness, readiness and metrics. It is for operators and must not be public.
func (p *Proxy) adminHandler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	m.Handle("GET /readyz", health.NewReadiness(p.engine, p.tenants.storeMatches, p.monitor.Status, p.now))
	m.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
	return m
}

// storeMatches returns an error if the mark of a tenant names another store, unless the mark of
// another tenant names this one: a changed mark in one realm stops only that tenant. It ignores
// tenants whose marks cannot be read.
func (t *tenants) storeMatches(ctx context.Context) error {
	var lost error
	for _, one := range t.all {
		err := one.mark.Check(ctx)
		if err == nil && one.mark.Named() {
			return nil
		}
		if errors.Is(err, store.ErrLost) {
			lost = err
		}
	}
	return lost
}
