package tracing

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope names the spans of this program.
const scope = "keycloak-scim-proxy"

// Traces makes and exports spans. A nil *Traces makes none.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Open returns the traces as the environment says: nil if it names neither an exporter
// (OTEL_TRACES_EXPORTER) nor an endpoint (OTEL_EXPORTER_OTLP_ENDPOINT and its variant for traces).
// changed is called when exports begin to fail, and with nil when they succeed again.
func Open(ctx context.Context, version string, changed func(error)) (*Traces, error) {
	if !on() {
		return nil, nil
	}
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: the variables OTEL_* (OTEL_TRACES_EXPORTER is %q): %w", os.Getenv("OTEL_TRACES_EXPORTER"), err)
	}
	who := []attribute.KeyValue{attribute.String("service.name", "scim-proxy")}
	if version != "" {
		who = append(who, attribute.String("service.version", version))
	}
	of, err := resource.New(ctx, resource.WithAttributes(who...), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("traces: the variables OTEL_*: %w", err)
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(&watched{SpanExporter: exporter, changed: changed}), sdk.WithResource(of))
	return &Traces{p, p.Tracer(scope)}, nil
}

func on() bool {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	switch os.Getenv("OTEL_TRACES_EXPORTER") {
	case "none":
		return false
	case "":
		return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	}
	return true
}

// On reports whether there are traces.
func (t *Traces) On() bool { return t != nil }

// Close exports the spans that are left, until the context ends.
func (t *Traces) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	return nil
}

// watched reports when exports begin to fail, and when they succeed again. It keeps the error from
// the SDK, which would write each one to standard error.
type watched struct {
	sdk.SpanExporter
	changed func(error)
	failing atomic.Bool
}

// ExportSpans exports spans.
func (w *watched) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := w.SpanExporter.ExportSpans(ctx, spans)
	if w.failing.Swap(err != nil) != (err != nil) {
		w.changed(err)
	}
	return nil
}
