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
	// Tenant names the caller in logs and metrics.
	Tenant string
	// Base is the public SCIM base without a slash at its end.
	Base    string
	Service protocol.Service
	Decode  func(protocol.Request) (protocol.Call, []string, error)
	Schemas scim.Schemas
	// Bulk carries out many operations; it has the service and the decoder of the session.
	Bulk bulk.Runner
	// Discovery returns what is advertised.
	Discovery func() Discovery
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
	Tenant, Verb string
	Fired        []string
	Skipped      []string // members that do not exist and were left out
	Status       int
	ScimType     string
	Cause        error
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
	// Elsewhere serves all other paths; nil: 404. It answers by itself and reports the status, or
	// it writes nothing and returns the error to answer with.
	Elsewhere func(w http.ResponseWriter, r *http.Request, rep *Report) error
}

// Handler routes by base only. What is below it, /{Type}/{id}, is read once it is known who calls.
func (d *Door) Handler() http.Handler {
	m := mux.NewRouter().SkipClean(true).UseEncodedPath()
	if d.DropIn != nil {
		d.route(m, "/realms/{realm}/scim/v2", d.DropIn)
	}
	d.route(m, "/tenants/{tenant}/scim/v2", d.Tenants)
	d.route(m, "/scim/v2", d.Tenants)
	elsewhere := d.enter("", refuse{})
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
func (d *Door) route(m *mux.Router, base string, g Authenticator) {
	h := d.enter(base, g)
	m.Path(base).Handler(h)
	m.PathPrefix(base + "/").Handler(h)
}

type refuse struct{}

func (refuse) Authenticate(*http.Request, map[string]string) (Session, error) {
	return Session{}, scim.NoEndpoint()
}

func (d *Door) enter(base string, g Authenticator) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d.Limits.Request)
		defer cancel()
		r = r.WithContext(ctx)
		var rep Report
		a := d.answer(w, r, base, g, &rep)
		rep.Status = a.write(w, r)
		if a.err != nil {
			rep.ScimType, rep.Cause = a.err.Type, a.err
		}
		d.Report(ctx, rep)
	})
}

func (d *Door) answer(w http.ResponseWriter, r *http.Request, base string, g Authenticator, rep *Report) response {
	variables, err := decoded(mux.Vars(r))
	if err != nil {
		return failed(err)
	}
	s, err := g.Authenticate(r, variables)
	rep.Tenant = s.Tenant
	if err != nil {
		return failed(err)
	}
	a, err := d.serve(w, r, s, rep, below(base, r.URL.EscapedPath()))
	if err != nil {
		return failed(err)
	}
	return a
}

func decoded(vars map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(vars))
	for k, v := range vars {
		text, err := url.PathUnescape(v)
		if err != nil {
			return nil, scim.NoEndpoint()
		}
		out[k] = text
	}
	return out, nil
}
