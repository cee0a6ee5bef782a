package observe

import (
	"net/http"
	"time"
)

// Handler makes the record of each request, and passes it to the sinks at the end of the request.
// newID makes the id of a request, for the log and the header X-Request-Id.
func Handler(next http.Handler, now func() time.Time, newID func() string, sinks ...Sink) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := now()
		ctx, record := With(r.Context())
		id := newID()
		w.Header().Set("X-Request-Id", id)
		record.Note(func(s *Summary) { s.RequestID, s.Method, s.Path = id, r.Method, r.URL.Path })
		defer func() { // deferred, because an answer that is cut off ends in a panic
			took := now().Sub(begun)
			summary := record.Summary()
			for _, s := range sinks {
				s.Observe(summary, took)
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
