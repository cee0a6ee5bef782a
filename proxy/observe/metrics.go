package observe

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics has the metrics of requests.
type Metrics struct {
	requests *prometheus.HistogramVec
	keycloak prometheus.Counter
	rules    *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "scim_request_duration_seconds", Help: "Duration of SCIM requests.", Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
		}, []string{"tenant", "call", "status"}),
		keycloak: prometheus.NewCounter(prometheus.CounterOpts{Name: "scim_keycloak_calls_total", Help: "Calls to Keycloak."}),
		rules: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scim_rules_fired_total", Help: "Dialect rules that changed a request.",
		}, []string{"tenant", "idp", "rule"}),
	}
	r.MustRegister(m.requests, m.keycloak, m.rules)
	return m
}

// Observe counts a request. Its labels are bounded by the configuration, because an unknown caller
// has no tenant.
func (m *Metrics) Observe(s Summary, took time.Duration) {
	m.requests.WithLabelValues(s.Tenant, s.Verb, strconv.Itoa(s.Status)).Observe(took.Seconds())
	m.keycloak.Add(float64(s.KeycloakCalls))
	for _, r := range s.Rules {
		m.rules.WithLabelValues(s.Tenant, s.IDP, r).Inc()
	}
}
