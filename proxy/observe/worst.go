package observe

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// pick chooses one of two values.
type pick func(a, b float64) float64

func lowest(a, b float64) float64  { return min(a, b) }
func highest(a, b float64) float64 { return max(a, b) }
func total(a, b float64) float64   { return a + b }

// gauges are the values of one scrape. Values that have the same labels, because metrics do not
// name their tenants, become one.
type gauges struct {
	values map[string]*gauge
	order  []*gauge
}

type gauge struct {
	desc   *prometheus.Desc
	labels []string
	value  float64
}

func (g *gauges) set(d *prometheus.Desc, value float64, which pick, labels ...string) {
	key := d.String() + "\x00" + strings.Join(labels, "\x00")
	if one := g.values[key]; one != nil {
		one.value = which(one.value, value)
		return
	}
	one := &gauge{d, labels, value}
	if g.values == nil {
		g.values = map[string]*gauge{}
	}
	g.values[key], g.order = one, append(g.order, one)
}

func (g *gauges) send(to chan<- prometheus.Metric) {
	for _, one := range g.order {
		to <- prometheus.MustNewConstMetric(one.desc, prometheus.GaugeValue, one.value, one.labels...)
	}
}
