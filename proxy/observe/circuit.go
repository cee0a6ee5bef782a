package observe

import "github.com/prometheus/client_golang/prometheus"

// Circuit has the metric of whether Keycloak is gone.
func Circuit(open func() bool) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "scim_keycloak_circuit_open", Help: "1 while Keycloak is gone, so that calls to it fail at once.",
	}, func() float64 {
		if open() {
			return 1
		}
		return 0
	})
}
