package scimhttp

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// bulkBody reads a bulk request, which has a limit of its own.
func (x *exchange) bulkBody(w http.ResponseWriter, _ Limits) ([]byte, error) {
	b, err := read(w, x.r, x.session.Bulk.Limits.Payload)
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status == http.StatusRequestEntityTooLarge {
		e.Detail += ": maxPayloadSize" // RFC 7644 section 3.7.4: the answer says which limit
	}
	return b, err
}

// bulk answers RFC 7644 section 3.7: 200 with a result per operation, or an error if the envelope is
// wrong.
func (x *exchange) bulk() error {
	q, err := bulk.Parse(x.request.Body, x.session.Bulk.Limits.Operations)
	if err != nil {
		return err
	}
	q.Quiet = x.request.Projection.Quiet
	out, err := x.session.Bulk.Run(x.r.Context(), q)
	if err != nil {
		return err
	}
	x.report.Fired, x.report.Skipped, x.report.Cause = out.Fired, out.Skipped, cause(out.Results)
	x.document = bulkDocument(out.Results, x.session.Base)
	return nil
}

// cause is the first failure of the server itself, for the log.
func cause(results []bulk.Result) error {
	for _, r := range results {
		if r.Err != nil && scim.Status(r.Err) >= http.StatusInternalServerError {
			return fmt.Errorf("%s %s %s: %w", r.Method, r.Ref.Key(), r.BulkID, r.Err)
		}
	}
	return nil
}

func bulkDocument(results []bulk.Result, base string) scim.Resource {
	rows := make([]string, len(results))
	for i, r := range results {
		rows[i] = bulkRow(r, base).String()
	}
	return document.Must("{}").
		With("schemas", document.Array([]string{document.Quote(bulk.ResponseURN)})).
		With("Operations", document.Array(rows))
}

// bulkRow is one result. The location is told wherever there is a resource (RFC 7644 section 3.7.3), the error body wherever it failed.
func bulkRow(r bulk.Result, base string) scim.Resource {
	row := document.Must("{}").With("method", document.Quote(r.Method))
	if r.BulkID != "" {
		row = row.With("bulkId", document.Quote(r.BulkID))
	}
	if r.Ref.ID != "" {
		row = row.With("location", document.Quote(protocol.Location(r.Ref, base)))
	}
	if r.Version != "" {
		row = row.With("version", document.Quote(r.Version))
	}
	if r.Err == nil {
		return row.With("status", document.Quote(strconv.Itoa(r.Status)))
	}
	e := scim.AsError(r.Err)
	return row.With("status", document.Quote(strconv.Itoa(e.Status))).With("response", errorDocument(e).String())
}
