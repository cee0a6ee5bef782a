package proxy

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"keycloak-scim-proxy/proxy/health"
)

// adminHandler serves liveness, readiness and metrics. It is for operators and must not be public.
func (p *Proxy) adminHandler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	m.Handle("GET /readyz", health.NewReadiness(p.engine, p.tenants.marks.Match, p.monitor.Status, p.now))
	m.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
	return m
}
