package observe

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Timings measures the parts of requests: layers, operations of the store, and calls to Keycloak. A
// nil *Timings measures nothing.
type Timings struct {
	now                     func() time.Time
	layers, store, keycloak *prometheus.HistogramVec
}

func newTimings(r prometheus.Registerer, now func() time.Time) *Timings {
	histogram := func(name, help, label string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{label})
	}
	t := &Timings{
		now:      now,
		layers:   histogram("scim_layer_duration_seconds", "Duration of calls of a layer, with the layers below it.", "layer", prometheus.ExponentialBuckets(0.0005, 3, 10)),
		store:    histogram("scim_store_operation_duration_seconds", "Duration of operations of the store.", "operation", prometheus.ExponentialBuckets(0.00005, 4, 9)),
		keycloak: histogram("scim_keycloak_request_duration_seconds", "Duration of a call to Keycloak, until the header of its answer.", "api", prometheus.ExponentialBuckets(0.002, 2.5, 10)),
	}
	r.MustRegister(t.layers, t.store, t.keycloak)
	return t
}

// Timing is a part of a request that runs.
type Timing struct {
	of    prometheus.Observer
	now   func() time.Time
	begun time.Time
}

// Layer begins a call of a layer.
func (t *Timings) Layer(ctx context.Context, layer, call string) (context.Context, Timing) {
	if t == nil {
		return ctx, Timing{}
	}
	return ctx, Timing{t.layers.WithLabelValues(layer), t.now, t.now()}
}

// Store begins an operation of the store.
func (t *Timings) Store(ctx context.Context, operation string) (context.Context, Timing) {
	if t == nil {
		return ctx, Timing{}
	}
	return ctx, Timing{t.store.WithLabelValues(operation), t.now, t.now()}
}

// End ends the part; err is what came of it.
func (t Timing) End(error) {
	if t.of != nil {
		t.of.Observe(t.now().Sub(t.begun).Seconds())
	}
}
