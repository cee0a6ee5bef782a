package scimhttp

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Session has everything that depends on the caller. It is made for each request, from parts that
// live longer.
type Session struct {
	// Tenant names the caller in logs and metrics, KeyID the key of the caller's token, if it has
	// one.
	Tenant, KeyID string
	// Challenge is added to WWW-Authenticate if the caller is refused with 401; "": nothing.
	Challenge string
	// Base is the public SCIM base without a slash at its end.
	Base    string
	Service protocol.Service
	Decode  func(protocol.Request) (protocol.Call, []string, error)
	Schemas scim.Schemas
	// Leave, if it is not nil, is called once, when the answer was written.
	Leave func()
	// Bulk carries out bulk requests, with the Service and Decode of the session.
	Bulk bulk.Runner
	// Discovery returns the discovery documents; those that the endpoint does not show may be zero.
	Discovery func(ctx context.Context, endpoint string) Discovery
}

// Discovery has the discovery documents (RFC 7644 section 4).
type Discovery struct {
	Config                 scim.Resource
	Schemas, ResourceTypes []scim.Resource
}

// Authenticator authenticates callers.
type Authenticator interface {
	// Authenticate returns the caller's session. If it fails although the tenant is known, the
	// session has Tenant, for the log, and Challenge. variables are the variables of the route,
	// unescaped.
	Authenticate(r *http.Request, variables map[string]string) (Session, error)
}

// Limits of requests.
type Limits struct {
	// Body is the largest body in bytes, Depth the deepest nesting of its JSON.
	Body  int64
	Depth int
	// Request bounds the duration of a request.
	Request time.Duration
}

// Report has the properties of a request for its log line.
type Report struct {
	Tenant, KeyID, Verb string
	Fired               []string
	Skipped             []string // members that were left out because they do not exist
	Status              int
	ScimType            string
	Cause               error
}

// Door serves HTTP requests.
type Door struct {
	// Tenants authenticates callers with opaque tokens, DropIn callers with Keycloak's tokens. If
	// DropIn is nil, Keycloak's own paths are not served.
	Tenants, DropIn Authenticator
	// Repair corrects URLs before they are routed. It applies only to SCIM paths.
	Repair func(*url.URL)
	Limits Limits
	// Report is called once per request, after the answer was written.
	Report func(ctx context.Context, r Report)
	// Metadata of tenants for OAuth clients.
	Metadata Metadata
	// Elsewhere serves all other paths; if it is nil, they get 404. It writes the answer, or it
	// writes nothing and returns an error.
	Elsewhere func(w http.ResponseWriter, r *http.Request) error
}

// Handler returns the handler of all requests. It routes by base only; the path below,
// /{Type}/{id}, is read after the caller was authenticated.
func (d *Door) Handler() http.Handler {
	m := mux.NewRouter().SkipClean(true).UseEncodedPath()
	if d.DropIn != nil {
		d.route(m, "/realms/{realm}/scim/v2", d.DropIn)
	}
	d.route(m, "/tenants/{tenant}/scim/v2", d.Tenants)
	d.route(m, "/scim/v2", d.Tenants)
	if d.Metadata.Read != nil {
		m.Path(d.Metadata.Path).HandlerFunc(d.metadata)
	}
	elsewhere := d.below("", refuse{})
	if d.Elsewhere != nil {
		elsewhere = http.HandlerFunc(d.elsewhere)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		normalise(r.URL)
		sent := *r.URL
		d.Repair(r.URL)
		var found mux.RouteMatch
		if m.Match(r, &found) {
			found.Handler.ServeHTTP(w, mux.SetURLVars(r, found.Vars))
			return
		}
		r.URL = &sent
		elsewhere.ServeHTTP(w, r)
	})
}

// route matches the base itself and everything below it, but not "/scim/v2x".
func (d *Door) route(m *mux.Router, base string, auth Authenticator) {
	h := d.below(base, auth)
	m.Path(base).Handler(h)
	m.PathPrefix(base + "/").Handler(h)
}

func (d *Door) below(base string, auth Authenticator) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.serve(w, r, base, auth) })
}

// refuse is the Authenticator of paths that are not served.
type refuse struct{}

func (refuse) Authenticate(*http.Request, map[string]string) (Session, error) {
	return Session{}, scim.NoEndpoint()
}
