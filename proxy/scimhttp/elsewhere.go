package scimhttp

import (
	"errors"
	"net/http"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
)

// passedMethods are the methods that are passed on. TRACE would show the headers that a proxy
// before this one adds, and CONNECT would open a tunnel.
func passedMethods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
}

var errCut = errors.New("the answer was cut off")

// elsewhere serves a path that is not below a SCIM base. The report is made even if an answer that
// has begun is cut off, which ends in a panic with http.ErrAbortHandler.
func (d *Door) elsewhere(w http.ResponseWriter, r *http.Request) {
	rep := Report{Verb: "passthrough", Cause: errCut}
	ctx := r.Context()
	defer func() { d.Report(ctx, rep) }()
	err := d.pass(w, r, &rep)
	rep.Cause = nil
	if err != nil {
		a := failed(err)
		rep.Status, rep.ScimType, rep.Cause = a.write(w, r), a.err.Type, a.err
	}
}

func (d *Door) pass(w http.ResponseWriter, r *http.Request, rep *Report) error {
	if allowed := passedMethods(); !slices.Contains(allowed, r.Method) {
		return notAllowed{scim.MethodNotAllowed(r.Method), allowed}
	}
	if !unambiguous(r.URL) {
		return &scim.Error{Status: http.StatusBadRequest, Detail: "the path is not in its normal form: empty segments, dot segments, " +
			"backslashes, semicolons, control characters, escaped delimiters and double escapes are not accepted"}
	}
	return d.Elsewhere(w, r, rep)
}
