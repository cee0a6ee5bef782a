package observe

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Build returns the metric that says what runs: the version that the program was built as, the
// revision of its source, and the release of Go. A label that is not known is "unknown".
func Build(version string) prometheus.Collector {
	revision, release := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		release = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	if version == "" {
		version = "unknown"
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "scim_build_info", Help: "1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": release},
	})
	g.Set(1)
	return g
}

var isReady = prometheus.NewDesc("scim_ready", "1 if the last answer of /readyz was 200, 0 if it was 503.", nil, nil)

// ready has the last answer of /readyz: 0 before the first one.
type ready struct{ last atomic.Int32 }

const (
	saidReady   = 1
	saidUnready = 2
)

func (r *ready) set(is bool) {
	if r.last.Store(saidUnready); is {
		r.last.Store(saidReady)
	}
}

// Describe sends the description of the metric.
func (r *ready) Describe(to chan<- *prometheus.Desc) { to <- isReady }

// Collect sends the metric, unless /readyz was never asked.
func (r *ready) Collect(to chan<- prometheus.Metric) {
	if last := r.last.Load(); last != 0 {
		to <- prometheus.MustNewConstMetric(isReady, prometheus.GaugeValue, truth(last == saidReady))
	}
}

// IndexState says whether an index of a realm is complete. A realm may have several of a kind.
type IndexState struct {
	Realm, Index string
	Complete     bool
}

var indexComplete = prometheus.NewDesc("scim_index_complete", "1 if the index is complete, 0 if look-ups that miss must ask Keycloak.", []string{"realm", "index"}, nil)

type indexes struct {
	all    func() []IndexState
	labels *labels
}

// Indexes returns the metric of indexes. Of several of a kind, it has the worst.
func (m *Metrics) Indexes(all func() []IndexState) prometheus.Collector {
	return indexes{all, m.labels}
}

// Describe sends the description of the metric.
func (indexes) Describe(to chan<- *prometheus.Desc) { to <- indexComplete }

// Collect sends the metric.
func (x indexes) Collect(to chan<- prometheus.Metric) {
	all := &gauges{}
	for _, s := range x.all() {
		realm, _ := x.labels.realm(s.Realm)
		all.set(indexComplete, truth(s.Complete), lowest, realm, s.Index)
	}
	all.send(to)
}
