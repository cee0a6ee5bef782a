package observe

import (
	"net/http"
	"regexp"
	"time"

	"keycloak-scim-proxy/proxy/observe/tracing"
)

// Entrance makes the record of each request, and passes it to the sinks at the end of the request.
type Entrance struct {
	Now func() time.Time
	// NewID makes the id of a request whose caller sends none that can be used.
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
		id := e.id(r.Header)
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

// requestID matches ids of callers that are used: short, and without characters that would have to
// be quoted anywhere. An address of e-mail is not an id.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._:=+-]{1,64}$`)

// id returns the id of a request: that of the caller's X-Request-Id, or a new one.
func (e Entrance) id(h http.Header) string {
	if sent := h.Values("X-Request-Id"); len(sent) == 1 && requestID.MatchString(sent[0]) {
		return sent[0]
	}
	return e.NewID()
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
