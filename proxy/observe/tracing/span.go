package tracing

import (
	"context"
	"net/http"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Span is a span that has begun. The zero Span does nothing.
type Span struct{ span trace.Span }

// Request begins the span of a request. Its parent is that of the caller (W3C Trace Context) if the
// caller is trusted; otherwise it begins a trace of its own.
func (t *Traces) Request(ctx context.Context, header http.Header, trusted bool) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if trusted {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	}
	ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
	return ctx, Span{span}
}

// Start begins the span of a part of a request. There is none if the request is not traced.
func Start(ctx context.Context, part, call string) (context.Context, Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, Span{}
	}
	ctx, span := parent.TracerProvider().Tracer(scope).Start(ctx, part+" "+call)
	return ctx, Span{span}
}

// Call begins the span of a call to Keycloak. api and route name it, without ids; route takes the
// path, and may be nil. It returns the request with the trace's context in its header, in place of
// any other.
func Call(r *http.Request, api string, route func(path string) string) (*http.Request, Span) {
	ctx, s := r.Context(), Span{}
	parent := trace.SpanFromContext(ctx)
	if !parent.SpanContext().IsValid() {
		return r, s
	}
	if parent.IsRecording() {
		name, of := api, []attribute.KeyValue{attribute.String("http.request.method", Method(r.Method))}
		if route != nil {
			template := route(r.URL.Path)
			name, of = name+" "+Method(r.Method)+" "+template, append(of, attribute.String("url.template", template))
		}
		ctx, s.span = parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(of...))
	}
	r = r.Clone(ctx) // a transport must not change its request
	r.Header.Del("Tracestate")
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	return r, s
}

// Method returns a method of HTTP, or "_OTHER" for a text that is none.
func Method(name string) string {
	known := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}
	if slices.Contains(known, name) {
		return name
	}
	return "_OTHER"
}

// ID returns the id of the trace, and whether it is recorded. The id is "" if there is no trace.
func (s Span) ID() (id string, recorded bool) {
	if s.span == nil {
		return "", false
	}
	c := s.span.SpanContext()
	return c.TraceID().String(), c.IsSampled()
}

// Describe renames the span and adds attributes: pairs of key and value. Empty values are left out.
func (s Span) Describe(name string, pairs ...string) {
	if s.span == nil || !s.span.IsRecording() {
		return
	}
	s.span.SetName(name)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			s.span.SetAttributes(attribute.String(pairs[i], pairs[i+1]))
		}
	}
}

// Answered ends the span of a request or a call with the status of its answer; 0 means that there
// is none. The status fails the span from 500 on, and of a call from 400 on.
func (s Span) Answered(status, failsFrom int) {
	if s.span == nil {
		return
	}
	if status != 0 {
		s.span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if status == 0 || status >= failsFrom {
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// End ends the span. An error fails it; its text is in the log only.
func (s Span) End(failed bool) {
	if s.span == nil {
		return
	}
	if failed {
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}
