package observe

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics has the metrics of requests.
type Metrics struct {
	requests *prometheus.HistogramVec
	keycloak *prometheus.CounterVec
	differs  prometheus.Counter
	rules    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	limited  *prometheus.CounterVec
	shared   *prometheus.GaugeVec
	free     *prometheus.GaugeVec
	groups   *prometheus.GaugeVec
	known    func(realm string) bool
}

// elsewhere is the label of requests of drop-in callers in realms that have no tenant. Such realms
// are not bounded by the configuration, so they are counted together.
const elsewhere = "*"

// NewMetrics makes and registers the metrics. known reports whether the configuration names a
// realm.
func NewMetrics(r prometheus.Registerer, known func(realm string) bool) *Metrics {
	m := &Metrics{
		known: known,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "scim_request_duration_seconds", Help: "Duration of SCIM requests.", Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
		}, []string{"tenant", "realm", "call", "status"}),
		keycloak: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scim_keycloak_calls_total", Help: "Calls to Keycloak.",
		}, []string{"api"}),
		differs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scim_read_differences_total", Help: "Times that Keycloak's two APIs showed a user differently.",
		}),
		rules: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scim_rules_fired_total", Help: "Dialect rules that changed a request.",
		}, []string{"tenant", "realm", "idp", "rule"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scim_token_refusals_total", Help: "Requests with a token of a tenant that is refused.",
		}, []string{"tenant", "realm", "key", "reason"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scim_limited_requests_total", Help: "Requests that were answered 429 because their caller sends too many.",
		}, []string{"tenant", "realm", "reason"}),
		shared: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "scim_tenant_shared_users", Help: "Users of a group tenant that other tenants have too, so that no tenant reaches them.",
		}, []string{"tenant", "realm"}),
		free: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "scim_tenant_pool_free", Help: "Free groups in the pool of a group tenant.",
		}, []string{"tenant", "realm"}),
		groups: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "scim_tenant_pool_groups", Help: "All groups in the pool of a group tenant, used and free.",
		}, []string{"tenant", "realm"}),
	}
	r.MustRegister(m.requests, m.keycloak, m.differs, m.rules, m.refused, m.limited, m.shared, m.free, m.groups)
	return m
}

// Shared sets how many users of a tenant other tenants have too.
func (m *Metrics) Shared(tenant, realm string, users int) {
	m.shared.WithLabelValues(tenant, realm).Set(float64(users))
}

// Forget removes the gauges of a tenant that is gone.
func (m *Metrics) Forget(tenant string) {
	for _, g := range []*prometheus.GaugeVec{m.shared, m.free, m.groups} {
		g.DeletePartialMatch(prometheus.Labels{"tenant": tenant})
	}
}

// Differs counts a difference between Keycloak's two APIs.
func (m *Metrics) Differs() { m.differs.Inc() }

// Observe counts a request. Its labels are bounded by the configuration, because an unknown caller
// has neither tenant nor realm.
func (m *Metrics) Observe(s Summary, took time.Duration) {
	tenant, realm := s.Tenant, s.Realm
	if realm != "" && !m.known(realm) {
		tenant, realm = "realm:"+elsewhere, elsewhere
	}
	m.requests.WithLabelValues(tenant, realm, s.Verb, strconv.Itoa(s.Status)).Observe(took.Seconds())
	if s.Refused != "" {
		m.refused.WithLabelValues(tenant, realm, s.KeyID, s.Refused).Inc()
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
