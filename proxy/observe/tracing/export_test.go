package tracing_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/observe/tracing"
)

// Traces are made only if the variables name an exporter or an endpoint. A variable that cannot be
// used is an error.
func TestOnlyByVariables(t *testing.T) {
	for name, row := range map[string]struct {
		variables map[string]string
		on        bool
		problem   string
	}{
		"none":                {nil, false, ""},
		"another signal":      {map[string]string{"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1"}, false, ""},
		"an endpoint":         {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true, ""},
		"one for traces":      {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, true, ""},
		"an exporter":         {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		"gRPC":                {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, true, ""},
		"no exporter":         {map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, false, ""},
		"switched off":        {map[string]string{"OTEL_SDK_DISABLED": "TRUE", "OTEL_TRACES_EXPORTER": "otlp"}, false, ""},
		"an unknown exporter": {map[string]string{"OTEL_TRACES_EXPORTER": "carrier-pigeon"}, false, "carrier-pigeon"},
		"bad attributes":      {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_RESOURCE_ATTRIBUTES": "nothing"}, false, "OTEL_*"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range row.variables {
				t.Setenv(key, value)
			}
			traces, err := tracing.Open(t.Context(), "1.2.3", func(error) {})
			if traces.On() != row.on || (err == nil) != (row.problem == "") || err != nil && !strings.Contains(err.Error(), row.problem) {
				t.Errorf("on: %t, %v", traces.On(), err)
			}
			_ = traces.Close(t.Context())
		})
	}
}

// begun returns traces with a span that has ended.
func begun(t *testing.T, endpoint http.HandlerFunc, changed func(error)) *tracing.Traces {
	t.Helper()
	s := httptest.NewServer(endpoint)
	t.Cleanup(s.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
	traces, err := tracing.Open(t.Context(), "", changed)
	if err != nil {
		t.Fatal(err)
	}
	_, span := traces.Request(t.Context(), nil, false)
	span.Answered(http.StatusOK, http.StatusInternalServerError)
	return traces
}

// An export that fails is reported, and no error of the requests.
func TestFailedExport(t *testing.T) {
	var failures atomic.Int32
	traces := begun(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, func(err error) {
		if err != nil {
			failures.Add(1)
		}
	})
	if err := traces.Close(t.Context()); err != nil || failures.Load() != 1 {
		t.Errorf("%v, %d failures", err, failures.Load())
	}
}

// A receiver that does not answer holds the end of the program up until the deadline only.
func TestCloseHasDeadline(t *testing.T) {
	asked, leave := make(chan struct{}), make(chan struct{})
	defer close(leave)
	traces := begun(t, func(http.ResponseWriter, *http.Request) { close(asked); <-leave }, func(error) {})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if err := traces.Close(ctx); err == nil {
		t.Error("the span was exported")
	}
}
