package scimhttp

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"keycloak-scim-proxy/proxy/scim"
)

// Metadata is what OAuth clients may read without a token (RFC 9728).
type Metadata struct {
	// Path is a route of gorilla/mux.
	Path string
	// Read returns the document, as JSON. variables are those of the path, unescaped. Nil: there is
	// none.
	Read func(ctx context.Context, variables map[string]string) (string, error)
}

// metadata answers a request for metadata.
func (d *Door) metadata(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), d.Limits.Request)
	defer cancel()
	x := &exchange{r: r, endpoint: endpoint{methods: []string{http.MethodGet}}, report: Report{Verb: "metadata"}, plain: true}
	variables, err := unescaped(mux.Vars(r))
	if err == nil && r.Method != http.MethodGet {
		err = scim.MethodNotAllowed(r.Method)
	}
	if err == nil {
		x.document, err = d.Metadata.Read(ctx, variables)
	}
	if err != nil {
		x.err = scim.AsError(err)
		x.report.ScimType, x.report.Cause = x.err.Type, x.err
	}
	x.report.Status = x.write(w)
	d.Report(ctx, x.report)
}
