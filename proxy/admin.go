package proxy

import (
	"context"
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/store"
)

// adminHandler is for operators and never public: liveness, readiness (the store takes a write), metrics.
func (p *Proxy) adminHandler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	m.Handle("GET /readyz", health.NewReadiness(p.engine, p.tenants.storeMatches, p.monitor.Status, p.now))
	m.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
	return m
}

// storeMatches reports an error if Keycloak names another store than this one, and for no tenant this
// one: a mark that was changed in one realm stops its tenant only. A tenant whose account does not
// answer says nothing.
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
