package scimhttp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// bulk answers RFC 7644 section 3.7: 200 with a result per operation, or an error where the envelope is wrong.
func (d *Door) bulk(w http.ResponseWriter, r *http.Request, s Session, rep *Report, id string) (response, error) {
	if id != "" {
		return response{}, scim.NoEndpoint()
	}
	if r.Method != http.MethodPost {
		return response{}, notAllowed{scim.MethodNotAllowed(r.Method), []string{http.MethodPost}}
	}
	rep.Verb = "bulk"
	body, err := read(w, r, s.Bulk.Limits.Payload)
	if err != nil {
		if e := scim.AsError(err); e.Status == http.StatusRequestEntityTooLarge {
			e.Detail += ": maxPayloadSize" // RFC 7644 section 3.7.4: the answer says which limit
		}
		return response{}, err
	}
	q, err := bulk.Parse(body, s.Bulk.Limits.Operations)
	if err != nil {
		return response{}, err
	}
	q.Quiet = quiet(r)
	out, err := s.Bulk.Run(r.Context(), q)
	if err != nil {
		return response{}, err
	}
	rep.Fired, rep.Skipped, rep.Cause = out.Fired, out.Skipped, cause(out.Results)
	return response{document: bulkDocument(out.Results, s.Base)}, nil
}

// quiet: the caller prefers not to be shown what a change made (RFC 7240 section 4.2).
func quiet(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Prefer")), "return=minimal")
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
