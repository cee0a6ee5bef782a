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

// Session is everything that is known once it is known who calls. It is a value, made per request from long-lived parts.
type Session struct {
	// Tenant names the caller in logs and metrics, KeyID the key of the caller's token, if it has
	// one.
	Tenant, KeyID string
	// Base is the public SCIM base without a slash at its end.
	Base    string
	Service protocol.Service
	Decode  func(protocol.Request) (protocol.Call, []string, error)
	Schemas scim.Schemas
	// Bulk carries out many operations; it has the service and the decoder of the session.
	Bulk bulk.Runner
	// Discovery returns what is advertised. What the endpoint does not show may be left out.
	Discovery func(ctx context.Context, endpoint string) Discovery
}

// Discovery is what is advertised.
type Discovery struct {
	Config                 scim.Resource
	Schemas, ResourceTypes []scim.Resource
}

// Authenticator finds out who is calling.
type Authenticator interface {
	// Authenticate makes the session, or fails. If it fails after the caller is known, the session has the
	// tenant. Variables are those of the route, decoded.
	Authenticate(r *http.Request, variables map[string]string) (Session, error)
}

// Limits of requests.
type Limits struct {
	// Body is the largest body in bytes, Depth the deepest nesting of its JSON.
	Body  int64
	Depth int
	// Request is how long a request may take.
	Request time.Duration
}

// Report is what the door knows of a request for its one log line.
type Report struct {
	Tenant, KeyID, Verb string
	Fired               []string
	Skipped             []string // members that do not exist and were left out
	Status              int
	ScimType            string
	Cause               error
}

// Door has its parts as plain fields.
type Door struct {
	// Tenants serves opaque tokens; DropIn serves Keycloak's own tokens, nil: not served.
	Tenants, DropIn Authenticator
	// Repair mends URLs before they are routed.
	Repair func(*url.URL)
	Limits Limits
	// Report is called once per request, after the answer was written.
	Report func(ctx context.Context, r Report)
	// Elsewhere serves all other paths; nil: 404. It answers by itself, or it writes nothing and
	// returns the error to answer with.
	Elsewhere func(w http.ResponseWriter, r *http.Request) error
}

// Handler routes by base only. What is below it, /{Type}/{id}, is read once it is known who calls.
func (d *Door) Handler() http.Handler {
	m := mux.NewRouter().SkipClean(true).UseEncodedPath()
	if d.DropIn != nil {
		d.route(m, "/realms/{realm}/scim/v2", d.DropIn)
	}
	d.route(m, "/tenants/{tenant}/scim/v2", d.Tenants)
	d.route(m, "/scim/v2", d.Tenants)
	elsewhere := d.below("", refuse{})
	if d.Elsewhere != nil {
		elsewhere = http.HandlerFunc(d.elsewhere)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		normalise(r.URL)
		asked := *r.URL
		d.Repair(r.URL)
		var found mux.RouteMatch
		if m.Match(r, &found) {
			found.Handler.ServeHTTP(w, mux.SetURLVars(r, found.Vars))
			return
		}
		r.URL = &asked // Repair is for SCIM only
		elsewhere.ServeHTTP(w, r)
	})
}

// route matches the base itself and everything below it, but not "/scim/v2x".
func (d *Door) route(m *mux.Router, base string, who Authenticator) {
	h := d.below(base, who)
	m.Path(base).Handler(h)
	m.PathPrefix(base + "/").Handler(h)
}

func (d *Door) below(base string, who Authenticator) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.serve(w, r, base, who) })
}

// refuse is the Authenticator of paths at which nothing lives.
type refuse struct{}

func (refuse) Authenticate(*http.Request, map[string]string) (Session, error) {
	return Session{}, scim.NoEndpoint()
}
