package observe

import "github.com/prometheus/client_golang/prometheus"

// Lost has the metric of lines of the audit log that were lost. It returns how many.
func Lost(lines func() uint64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "scim_audit_lines_lost_total", Help: "Lines of the audit log that could not be written.",
	}, func() float64 { return float64(lines()) })
}
