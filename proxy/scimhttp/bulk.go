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

// bulkBody reads a bulk request, which has its own limit.
func (x *exchange) bulkBody(w http.ResponseWriter, _ Limits) ([]byte, error) {
	b, err := read(w, x.r, x.session.Bulk.Limits.Payload)
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status == http.StatusRequestEntityTooLarge {
		e.Detail += ": maxPayloadSize" // RFC 7644 section 3.7.4: the answer names the limit
	}
	return b, err
}

// bulk carries out a bulk request (RFC 7644 section 3.7). The answer is 200 with a result for each
// operation, or an error if the request fails as a whole.
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
	x.document = bulkDocument(out.Results, x.session.Base).String()
	return nil
}

// cause returns the first error with a status from 500, for the log.
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

// bulkRow formats one result. It has a location if there is a resource (RFC 7644 section 3.7.3),
// and an error as response if the operation failed.
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
