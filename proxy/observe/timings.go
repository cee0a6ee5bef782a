package observe

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/proxy/observe/tracing"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Timings measures the parts of requests: layers, operations of the store, and calls to Keycloak,
// and makes their spans. A nil *Timings measures no layer and no operation of the store.
type Timings struct {
	now                     func() time.Time
	layers, store, keycloak *prometheus.HistogramVec

	mu     sync.Mutex
	answer lastCall // that Keycloak answered
	lost   lastCall // that it did not
}

// lastCall is the outcome of the last call to Keycloak.
type lastCall struct {
	at     time.Time
	status int
	err    error
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
	span  tracing.Span
}

// Layer begins a call of a layer.
func (t *Timings) Layer(ctx context.Context, layer, call string) (context.Context, Timing) {
	if t == nil {
		return ctx, Timing{}
	}
	ctx, span := tracing.Start(ctx, layer, call)
	return ctx, Timing{t.layers.WithLabelValues(layer), t.now, t.now(), span}
}

// Store begins an operation of the store.
func (t *Timings) Store(ctx context.Context, operation string) (context.Context, Timing) {
	if t == nil {
		return ctx, Timing{}
	}
	ctx, span := tracing.Start(ctx, "store", operation)
	return ctx, Timing{t.store.WithLabelValues(operation), t.now, t.now(), span}
}

// End ends the part; err is the error that it returned.
func (t Timing) End(err error) {
	if t.of != nil {
		t.of.Observe(t.now().Sub(t.begun).Seconds())
	}
	t.span.End(err != nil && scim.Status(err) >= http.StatusInternalServerError)
}

func (t *Timings) called(c lastCall, res *http.Response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.err != nil {
		t.lost = c
		return
	}
	c.status = res.StatusCode
	t.answer = c
}

// LastAnswer is a line about the last calls to Keycloak.
func (t *Timings) LastAnswer() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := "keycloak: not asked yet"
	if !t.answer.at.IsZero() {
		text = fmt.Sprintf("keycloak: answered %d at %s", t.answer.status, t.answer.at.UTC().Format(time.RFC3339))
	}
	if !t.lost.at.IsZero() {
		text += fmt.Sprintf("; the last call without an answer ended at %s: %s", t.lost.at.UTC().Format(time.RFC3339), document.Cut(t.lost.err.Error(), maxText))
	}
	return text
}
