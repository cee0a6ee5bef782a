package observe

import "github.com/prometheus/client_golang/prometheus"

// Flights has the metrics of concurrent calls to Keycloak. It returns how many run, and how many
// wait.
type Flights func() (running, waiting int)

var (
	running = prometheus.NewDesc("scim_keycloak_calls_running", "Calls to Keycloak that run now.", nil, nil)
	waiting = prometheus.NewDesc("scim_keycloak_calls_waiting", "Calls to Keycloak that wait for others to end.", nil, nil)
)

// Describe sends the descriptions of the metrics.
func (Flights) Describe(to chan<- *prometheus.Desc) {
	to <- running
	to <- waiting
}

// Collect sends the metrics.
func (f Flights) Collect(to chan<- prometheus.Metric) {
	runs, waits := f()
	to <- prometheus.MustNewConstMetric(running, prometheus.GaugeValue, float64(runs))
	to <- prometheus.MustNewConstMetric(waiting, prometheus.GaugeValue, float64(waits))
}
