package observe

import (
	"net/http"
	"time"

	"keycloak-scim-proxy/proxy/observe/tracing"
)

// Entrance makes the record of each request, and passes it to the sinks at the end of the request.
type Entrance struct {
	Now func() time.Time
	// NewID makes the id of a request whose caller sends none.
	NewID func() string
	// Traces makes the span of each request; nil: none.
	Traces *tracing.Traces
	// Trusted reports whether a request comes from a reverse proxy whose trace it continues.
	Trusted func(*http.Request) bool
	Sinks   []Sink
}

// Handler returns a handler of requests with a record.
func (e Entrance) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := e.Now()
		ctx, span := e.Traces.Request(r.Context(), r.Header, e.Traces.On() && e.Trusted(r))
		ctx, record := With(ctx)
		id := e.NewID()
		w.Header().Set("X-Request-Id", id)
		record.Note(func(s *Summary) {
			s.RequestID, s.Method, s.Path = id, r.Method, r.URL.Path
			s.Trace, s.Recorded = span.ID()
		})
		defer func() { // deferred, because an answer that is cut off ends in a panic
			took := e.Now().Sub(begun)
			summary := record.Summary()
			summary.end(span)
			for _, s := range e.Sinks {
				s.Observe(summary, took)
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// end ends the span of the request.
func (s Summary) end(span tracing.Span) {
	call := s.Verb
	if call == "" {
		call = "request"
	}
	span.Describe("scim "+call, "http.request.method", tracing.Method(s.Method),
		"scim.request", s.RequestID, "scim.tenant", s.Tenant, "scim.realm", s.Realm, "scim.idp", s.IDP, "scim.type", s.ScimType)
	span.Answered(s.Status, http.StatusInternalServerError)
}
