package observe

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics has the metrics of requests and of what the proxy notices beside them.
type Metrics struct {
	// Timings has the durations of what requests consist of.
	Timings *Timings

	labels   *labels
	requests *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
	keycloak *prometheus.CounterVec
	differs  prometheus.Counter
	rules    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	limited  *prometheus.CounterVec
	lookups  *prometheus.CounterVec
	levels   *levels
	ready    *ready
}

// NewMetrics makes and registers the metrics. They name no tenant before Follow. now is the clock
// of Timings.
func NewMetrics(r prometheus.Registerer, now func() time.Time) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		labels:  newLabels(),
		Timings: newTimings(r, now),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "scim_request_duration_seconds", Help: "Duration of SCIM requests.", Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
		}, []string{"tenant", "realm", "call", "status"}),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "scim_request_keycloak_calls", Help: "Calls to Keycloak of a request.", Buckets: []float64{0, 1, 2, 3, 4, 6, 8, 12, 20, 50, 200, 1000},
		}, []string{"call"}),
		keycloak: counter("scim_keycloak_calls_total", "Calls to Keycloak.", "api"),
		differs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scim_read_differences_total", Help: "Times that Keycloak's two APIs showed a user differently.",
		}),
		rules:   counter("scim_rules_fired_total", "Dialect rules that changed a request.", "tenant", "realm", "idp", "rule"),
		refused: counter("scim_token_refusals_total", "Requests with a token of a tenant that is refused.", "tenant", "realm", "key", "reason"),
		limited: counter("scim_limited_requests_total", "Requests that were answered 429 because their caller sends too many.", "tenant", "realm", "reason"),
		lookups: counter("scim_index_lookups_total", "Look-ups in the indexes: hit, miss, or asked if Keycloak had to be asked.", "index", "result"),
		ready:   &ready{},
	}
	m.levels = newLevels(m.labels)
	r.MustRegister(m.requests, m.calls, m.keycloak, m.differs, m.rules, m.refused, m.limited, m.lookups, m.levels, m.ready)
	return m
}

// Follow takes all tenants, in their configured order. Metrics name at most MostTenants of them;
// those that have a name keep it. The series of tenants that are gone are removed.
func (m *Metrics) Follow(all []Tenancy) {
	for _, name := range m.labels.follow(all) {
		for _, v := range []*prometheus.MetricVec{m.requests.MetricVec, m.rules.MetricVec, m.refused.MetricVec, m.limited.MetricVec} {
			v.DeletePartialMatch(prometheus.Labels{"tenant": name})
		}
	}
	m.levels.keep(all)
}

// Labels returns the labels of a caller, whose number is bounded.
func (m *Metrics) Labels(tenant, realm string) (string, string) {
	return m.labels.caller(tenant, realm)
}

// Shared sets how many users of a tenant other tenants have too.
func (m *Metrics) Shared(tenant, realm string, users int) {
	m.levels.set(Tenancy{tenant, realm}, func(l *level) { l.shared = &users })
}

// Differs counts a difference between Keycloak's two APIs.
func (m *Metrics) Differs() { m.differs.Inc() }

// Ready notes an answer of /readyz.
func (m *Metrics) Ready(is bool) { m.ready.set(is) }

// LookedUp counts a look-up in an index.
func (m *Metrics) LookedUp(index, result string) { m.lookups.WithLabelValues(index, result).Inc() }

// Observe counts a request. Its labels are bounded by the configuration and MostTenants, because an
// unknown caller has neither tenant nor realm.
func (m *Metrics) Observe(s Summary, took time.Duration) {
	tenant, realm := m.labels.caller(s.Tenant, s.Realm)
	observe(m.requests.WithLabelValues(tenant, realm, s.Verb, strconv.Itoa(s.Status)), s, took)
	m.calls.WithLabelValues(s.Verb).Observe(float64(s.KeycloakCalls))
	if s.Refused != "" {
		key := s.KeyID
		if tenant == other {
			key = other
		}
		m.refused.WithLabelValues(tenant, realm, key, s.Refused).Inc()
	}
	if s.Limited != "" {
		m.limited.WithLabelValues(tenant, realm, s.Limited).Inc()
	}
	if s.KeycloakCalls > s.AdminCalls {
		m.keycloak.WithLabelValues("scim").Add(float64(s.KeycloakCalls - s.AdminCalls))
	}
	if s.AdminCalls > 0 {
		m.keycloak.WithLabelValues("admin").Add(float64(s.AdminCalls))
	}
	for _, r := range s.Rules {
		m.rules.WithLabelValues(tenant, realm, s.IDP, r).Inc()
	}
}

// observe adds the duration of a request, with its trace as exemplar if the trace is exported.
func observe(to prometheus.Observer, s Summary, took time.Duration) {
	if one, ok := to.(prometheus.ExemplarObserver); ok && s.Recorded {
		one.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": s.Trace})
		return
	}
	to.Observe(took.Seconds())
}
