package soak

import (
	"context"
	"flag"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/test/kctest"
)

var (
	duration = flag.Duration("soak", time.Minute, "how long the load lasts; longer if not every fault has happened by then")
	seed     = flag.Uint64("seed", 1, "begins the random numbers of the load")
)

func TestMain(m *testing.M) { kctest.Main(m) }

// The bounds of the soak.
const (
	// limitRequest is limits.request of the proxies, limitCall is keycloak.timeout, and margin what a
	// request may take more: the machine may be busy.
	limitRequest, limitCall, margin = 30 * time.Second, 10 * time.Second, 10 * time.Second
	// patience is how long a provider repeats one intent: on a busy machine Keycloak may need
	// minutes to start, and a resource stays locked a few seconds after it.
	patience = 6 * time.Minute
	// pace is the pause of a provider after each intent.
	pace = 300 * time.Millisecond
	// providersEach is how many providers each tenant has; each has users and groups of its own.
	providersEach = 2
)

// TestSoak is described by the package.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a real Keycloak and Redis: not under -short")
	}
	w := newWorld(t)
	r := newReport(t)
	w.load(r)
	for _, tenant := range w.tenants {
		for _, replica := range w.replicas {
			tenant.compare(t, w, replica, r)
		}
		tenant.compareKeycloak(t)
	}
	r.print()
	r.judge()
}

// load lets the providers write while parts fail, until every intent has been carried out.
func (w *world) load(r *report) {
	load, stop := context.WithCancel(w.t.Context())
	watching, unwatch := context.WithCancel(w.t.Context())
	var clients, watchers sync.WaitGroup
	defer func() {
		stop()
		clients.Wait()
		unwatch()
		watchers.Wait()
	}()
	for _, tenant := range w.tenants {
		for i := range providersEach {
			p := newProvider(w, tenant, i, r)
			tenant.providers = append(tenant.providers, p)
			clients.Go(func() { p.run(load) })
		}
	}
	watchers.Go(func() { r.watch(watching, w) })
	w.fail(load, time.Now().Add(*duration), r)
}
