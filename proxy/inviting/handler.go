package inviting

import (
	"net/http"

	"keycloak-scim-proxy/console/setup"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/observe"
)

// status is an answer whose status is noted.
type status struct {
	http.ResponseWriter

	code int
}

// WriteHeader notes the status.
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap is for http.ResponseController.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Before serves the pages of customers before all other paths. Their requests have a line in the
// log, without the path, which may be a link; they are not counted with those of providers, because
// some last for minutes.
func (c *Customers) Before(next http.Handler) http.Handler {
	if c == nil {
		return next
	}
	pages := c.pages.Handler()
	e := observe.Entrance{Now: c.Now, NewID: c.NewID, Sinks: []observe.Sink{c.Log}}
	logged := e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &status{ResponseWriter: w, code: http.StatusOK}
		record, client := observe.From(r.Context()), clientip.Text(r, c.Trusted)
		defer func() {
			record.Note(func(o *observe.Summary) { o.Status, o.Path, o.Address = s.code, setup.Path, client })
		}()
		pages.ServeHTTP(s, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if setup.Owns(r.URL.Path) {
			logged.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
