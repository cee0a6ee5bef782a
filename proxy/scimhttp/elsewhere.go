package scimhttp

import (
	"errors"
	"net/http"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
)

// passedMethods returns the methods that are passed on. TRACE is refused because it would reveal
// the headers that a proxy before this one adds, and CONNECT because it would open a tunnel.
func passedMethods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
}

var errCut = errors.New("the answer was cut off")

// elsewhere serves a path that is not below a SCIM base. It reports also if an answer is cut off in
// the middle, which is a panic with http.ErrAbortHandler.
func (d *Door) elsewhere(w http.ResponseWriter, r *http.Request) {
	x := &exchange{r: r, endpoint: endpoint{methods: passedMethods()}, report: Report{Verb: "passthrough", Cause: errCut}}
	seen, ctx := &statusWriter{ResponseWriter: w}, r.Context()
	defer func() {
		x.report.Status = seen.status
		d.Report(ctx, x.report)
	}()
	err := d.pass(seen, r)
	x.report.Cause = nil
	if err != nil {
		x.err = scim.AsError(err)
		x.report.ScimType, x.report.Cause = x.err.Type, x.err
		x.write(seen)
	}
}

func (d *Door) pass(w http.ResponseWriter, r *http.Request) error {
	if !slices.Contains(passedMethods(), r.Method) {
		return scim.MethodNotAllowed(r.Method)
	}
	if !unambiguous(r.URL) {
		return &scim.Error{Status: http.StatusBadRequest, Detail: "the path is not in its normal form: empty segments, dot segments, " +
			"backslashes, semicolons, control characters, escaped delimiters and double escapes are not accepted"}
	}
	return d.Elsewhere(w, r)
}

// statusWriter records the status of the answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader records the final status, which is 200 or more; interim ones may come before it.
func (w *statusWriter) WriteHeader(status int) {
	if status >= http.StatusOK && w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter. The status is 200 if none was set.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap returns the wrapped writer, for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
