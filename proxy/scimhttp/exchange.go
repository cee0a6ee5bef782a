package scimhttp

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// exchange is one request to a SCIM base, while it is processed.
type exchange struct {
	r        *http.Request
	session  Session
	endpoint endpoint
	request  protocol.Request
	report   Report
	// The answer is result (with its call), document or err.
	call     protocol.Call
	result   protocol.Answer
	document string
	plain    bool // document is not one of SCIM
	err      *scim.Error
}

// serve carries out a request below a base and writes the answer.
func (d *Door) serve(w http.ResponseWriter, r *http.Request, base string, auth Authenticator) {
	ctx, cancel := context.WithTimeout(r.Context(), d.Limits.Request)
	defer cancel()
	x := &exchange{r: r.WithContext(ctx)}
	defer x.leave()
	if err := x.phases(w, d.Limits, base, auth); err != nil { //nolint:contextcheck // the request carries it
		x.err = scim.AsError(err)
		x.report.ScimType, x.report.Cause = x.err.Type, x.err
	}
	x.report.Status = x.write(w)
	d.Report(ctx, x.report)
}

func (x *exchange) phases(w http.ResponseWriter, limits Limits, base string, auth Authenticator) (err error) {
	// 1. Authenticate the caller, before anything else of the request is read.
	variables, err := unescaped(mux.Vars(x.r))
	if err != nil {
		return err
	}
	x.session, err = auth.Authenticate(x.r, variables)
	x.report.Tenant, x.report.KeyID = x.session.Tenant, x.session.KeyID
	if err != nil {
		return err
	}
	// 2. Find the endpoint, and check the method.
	if x.endpoint, err = find(below(base, x.r.URL.EscapedPath())); err != nil {
		return err
	}
	x.report.Verb = x.endpoint.verb
	if !slices.Contains(x.endpoint.methods, x.r.Method) {
		return scim.MethodNotAllowed(x.r.Method)
	}
	// 3. Read the request, within the limits.
	if err := x.read(w, limits); err != nil {
		return err
	}
	// 4. Carry it out.
	return x.endpoint.do(x)
}

// leave tells the session that the request has ended.
func (x *exchange) leave() {
	if x.session.Leave != nil {
		x.session.Leave()
	}
}

// read reads the query, the headers and the body.
func (x *exchange) read(w http.ResponseWriter, limits Limits) (err error) {
	h := x.r.Header
	x.request = protocol.Request{
		Method: x.r.Method, Type: x.endpoint.kind, ID: x.endpoint.id,
		IfMatch: h.Get("If-Match"), IfNoneMatch: h.Get("If-None-Match"),
	}
	// RFC 7240 section 4.2: the caller does not need the resource after a change.
	x.request.Projection.Quiet = strings.Contains(strings.ToLower(h.Get("Prefer")), "return=minimal")
	if x.request.Query, err = url.ParseQuery(x.r.URL.RawQuery); err != nil {
		return scim.InvalidSyntax("the query is not well-formed")
	}
	if x.endpoint.read == nil || x.r.Method == http.MethodGet || x.r.Method == http.MethodDelete {
		return nil
	}
	x.request.Body, err = x.endpoint.read(x, w, limits)
	return err
}

// resource decodes a request for resources and passes it to the session's Service.
func (x *exchange) resource() (err error) {
	if x.call, x.report.Fired, err = x.session.Decode(x.request); err != nil {
		return err
	}
	x.report.Verb = x.call.Verb()
	x.result, err = x.session.Service.Do(x.r.Context(), x.call)
	x.report.Skipped = x.result.Skipped
	return err
}

// unescaped decodes the variables of the route.
func unescaped(vars map[string]string) (map[string]string, error) {
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
