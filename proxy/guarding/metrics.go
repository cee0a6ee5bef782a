package guarding

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/policy/budget"
)

var (
	holding  = prometheus.NewDesc("scim_guard_holding", "1 if the guard of the tenant holds changes that end access, until an operator releases it.", []string{"tenant", "realm"}, nil)
	released = prometheus.NewDesc("scim_guard_released", "1 if the guard of the tenant is released.", []string{"tenant", "realm"}, nil)
	refusals = prometheus.NewDesc("scim_guard_refusals_total", "Requests, and operations of bulk requests, that the guard has held.", []string{"tenant", "realm", "kind"}, nil)
)

// metrics has the metrics of guards. Their labels are bounded as those of requests.
type metrics struct {
	labels func(tenant, realm string) (string, string)

	mu     sync.Mutex
	counts map[counted]int
	states map[observe.Tenancy]shown
}

type counted struct {
	observe.Tenancy
	kind string
}

// shown has the gauges of a tenant, or of all tenants that have no name.
type shown struct{ holds, released bool }

func newMetrics(labels func(tenant, realm string) (string, string)) *metrics {
	return &metrics{labels: labels, counts: map[counted]int{}}
}

func (m *metrics) label(tenant, realm string) observe.Tenancy {
	t, r := m.labels(tenant, realm)
	return observe.Tenancy{Tenant: t, Realm: r}
}

// count counts a change that is held.
func (m *metrics) count(tenant, realm, kind string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[counted{m.label(tenant, realm), kind}]++
}

// show takes the states of all tenants, and forgets the counts of tenants that are gone.
func (m *metrics) show(tenants []observe.Tenancy, states map[string]budget.State) {
	next := map[observe.Tenancy]shown{}
	for _, t := range tenants {
		at, s := m.label(t.Tenant, t.Realm), states[t.Tenant]
		one := next[at]
		next[at] = shown{one.holds || s.State == budget.Holding, one.released || s.State == budget.Released}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states = next
	for c := range m.counts {
		if again := m.label(c.Tenant, c.Realm); again != c.Tenancy {
			delete(m.counts, c)
		}
	}
}

// Describe sends the descriptions of the metrics.
func (g *Guards) Describe(to chan<- *prometheus.Desc) {
	to <- holding
	to <- released
	to <- refusals
}

// Collect sends the metrics.
func (g *Guards) Collect(to chan<- prometheus.Metric) {
	m := g.metrics
	m.mu.Lock()
	defer m.mu.Unlock()
	for t, s := range m.states {
		to <- prometheus.MustNewConstMetric(holding, prometheus.GaugeValue, truth(s.holds), t.Tenant, t.Realm)
		to <- prometheus.MustNewConstMetric(released, prometheus.GaugeValue, truth(s.released), t.Tenant, t.Realm)
	}
	for c, n := range m.counts {
		to <- prometheus.MustNewConstMetric(refusals, prometheus.CounterValue, float64(n), c.Tenant, c.Realm, c.kind)
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
