package observe

import (
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/observe/calls"
	"keycloak-scim-proxy/proxy/observe/tracing"
)

// APIs of Keycloak, as the metrics name them.
const (
	scimAPI  = "scim"
	adminAPI = "admin"
	// oidcAPI has tokens, keys and the discovery document of a realm.
	oidcAPI = "oidc"
	// forwarded are requests that are passed on as they are.
	forwarded = "passthrough"
)

// Transport measures calls to Keycloak until the header of the answer, and adds them to the record
// of the request's context.
func (t *Timings) Transport(next http.RoundTripper) http.RoundTripper {
	return transport{t, next, apiOf, route}
}

// Passthrough is Transport for requests that are passed on as they are.
func (t *Timings) Passthrough(next http.RoundTripper) http.RoundTripper {
	return transport{t, next, func(string) string { return forwarded }, nil}
}

type transport struct {
	timings *Timings
	next    http.RoundTripper
	api     func(path string) string
	route   func(path string) string
}

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	api := t.api(req.URL.Path)
	req, span := tracing.Call(req, api, t.route)
	begun := t.timings.now()
	res, err := t.next.RoundTrip(req)
	ended := t.timings.now()
	took := ended.Sub(begun)
	t.timings.called(lastCall{at: ended, err: err}, res)
	t.timings.keycloak.WithLabelValues(api).Observe(took.Seconds())
	status := 0
	if err == nil {
		status = res.StatusCode
	}
	span.Answered(status, http.StatusBadRequest)
	calls.Note(req.Context(), calls.Call{Method: req.Method, Path: req.URL.Path, Status: status})
	From(req.Context()).Note(func(s *Summary) {
		s.KeycloakCalls++
		if strings.Contains(req.URL.Path, "/admin/realms/") {
			s.AdminCalls++
		}
		s.KeycloakTime += took
	})
	return res, err
}

// apiOf returns the API of a path. Keycloak may be below a base path.
func apiOf(path string) string {
	switch {
	case strings.Contains(path, "/scim/v2"):
		return scimAPI
	case strings.Contains(path, "/admin/"):
		return adminAPI
	}
	return oidcAPI
}
