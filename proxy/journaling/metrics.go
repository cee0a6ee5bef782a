package journaling

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/proxy/journal"
)

var (
	waitingDesc = prometheus.NewDesc("scim_journal_outcomes_waiting", "Outcomes of writes that are not saved in the journal yet.", nil, nil)
	lostDesc    = prometheus.NewDesc("scim_journal_outcomes_lost_total", "Outcomes of writes that could not be saved in the journal. Their entries stay open until the resource is looked at.", nil, nil)
	openDesc    = prometheus.NewDesc("scim_journal_open_entries", "Entries of the journal that were left without an outcome, and could not be ended at the last look.", nil, nil)
)

// Metrics of all journals of a process.
type Metrics struct {
	Writer *journal.Writer
	mu     sync.Mutex
	open   map[string]int // by space
}

// saw takes how many entries of a space are open; all are the spaces that there are.
func (m *Metrics) saw(open map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = open
}

// Describe sends the descriptions of the metrics.
func (*Metrics) Describe(to chan<- *prometheus.Desc) {
	to <- waitingDesc
	to <- lostDesc
	to <- openDesc
}

// Collect sends the metrics.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(m.Writer.Waiting()))
	to <- prometheus.MustNewConstMetric(lostDesc, prometheus.CounterValue, float64(m.Writer.Lost()))
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := 0
	for _, n := range m.open {
		sum += n
	}
	to <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(sum))
}
