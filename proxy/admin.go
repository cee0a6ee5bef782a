package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

const (
	// probeAge is how long the result of a probe is reused, because each probe writes to the store.
	probeAge = 5 * time.Second
	// readyTimeout bounds a request to /readyz.
	readyTimeout = 2 * time.Second
)

// readiness reports whether the store is the right one and accepts a write. Concurrent callers
// share a probe.
type readiness struct {
	engine *guard.Engine
	// matches returns an error if the store is not the one that Keycloak names.
	matches func(context.Context) error
	now     func() time.Time
	turn    chan struct{} // held during a probe; guards at and err
	at      time.Time     // zero before the first probe
	err     error
}

func newReadiness(e *guard.Engine, matches func(context.Context) error, now func() time.Time) *readiness {
	return &readiness{engine: e, matches: matches, now: now, turn: make(chan struct{}, 1)}
}

// ServeHTTP answers 200 with the stamp of the store, or 503 with the reason.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), readyTimeout)
	defer cancel()
	stamp, _, err := r.engine.Stamp(ctx)
	if err == nil {
		err = r.probe(ctx)
	}
	if err == nil {
		comparing, done := context.WithTimeout(ctx, readyTimeout/2) // so that a slow Keycloak does not make the proxy unready
		err = r.matches(comparing)
		done()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintf(w, "store stamp %s\n", stamp)
}

// probe probes the store if the last result is older than probeAge. The end of a caller's context
// does not end a probe, because other callers may wait for it.
func (r *readiness) probe(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return store.Unavailable(ctx, "probe", ctx.Err())
	}
	if r.at.IsZero() || r.now().Sub(r.at) >= probeAge {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		r.err = r.engine.Probe(ctx)
		r.at = r.now()
	}
	return r.err
}

// adminHandler serves liveness, readiness and metrics. It is for operators and must not be public.
func (p *Proxy) adminHandler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	m.Handle("GET /readyz", newReadiness(p.engine, p.tenants.storeMatches, p.now))
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
