package scimhttp

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// transportSecurity lets browsers use TLS alone for this host, for a year (RFC 6797).
const transportSecurity = "max-age=31536000"

// write writes the answer and returns its status. Answers of Keycloak that are passed on are
// written as they are, with Keycloak's own headers.
func (x *exchange) write(w http.ResponseWriter) int {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if x.r.TLS != nil { // otherwise whoever ends TLS decides
		h.Set("Strict-Transport-Security", transportSecurity)
	}
	status, body := x.status(), x.text()
	if body == "" && status == http.StatusOK {
		status = http.StatusNoContent
	}
	if x.notModified() {
		status, body = http.StatusNotModified, ""
	}
	x.headers(h)
	if body != "" {
		h.Set("Content-Type", x.contentType())
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // it fails only if the connection is lost
	return status
}

func (x *exchange) status() int {
	if x.err != nil {
		return x.err.Status
	}
	switch x.call.(type) {
	case protocol.Create:
		return http.StatusCreated
	case protocol.Delete:
		return http.StatusNoContent
	default:
		return http.StatusOK
	}
}

func (x *exchange) headers(h http.Header) {
	if x.err != nil {
		errorHeaders(h, x.err, x.endpoint.methods, x.session.Challenge)
		return
	}
	if x.result.Version != "" {
		h.Set("ETag", x.result.Version)
	}
	if x.result.Made.ID != "" { // RFC 7644 section 3.3: also if the answer has no body
		h.Set("Location", protocol.Location(x.result.Made, x.session.Base))
	}
}

// notModified reports whether If-None-Match has the resource's version (RFC 7232 section 3.2).
func (x *exchange) notModified() bool {
	c, read := x.call.(protocol.Read)
	return x.err == nil && read && c.IfNoneMatch != "" && x.result.Version != "" && scim.MatchesVersion(c.IfNoneMatch, x.result.Version, false)
}

// text returns the body of the answer.
func (x *exchange) text() string {
	switch {
	case x.err != nil:
		return errorDocument(x.err).String()
	case x.document != "":
		return x.document
	case x.result.Page != nil:
		page := *x.result.Page
		return listDocument(page, func(b *strings.Builder, i int) {
			x.show(typeOf(page, i, x.request.Type), page.Resources[i]).Write(b)
		})
	case x.result.Resource.IsZero():
		return ""
	}
	return x.show(x.request.Type, x.result.Resource).String()
}

// show adds locations to a resource, and then applies the projection, which may name a location.
func (x *exchange) show(t scim.ResourceType, r scim.Resource) *scim.Object {
	doc := r.Object()
	Locate(doc, t, x.session.Base)
	protocol.ProjectionOf(x.call).Trim(x.session.Schemas, t, doc)
	return doc
}

// typeOf returns the type of the i-th resource of a page: the endpoint's, unless the search was for
// all types.
func typeOf(p directory.Page, i int, endpoint scim.ResourceType) scim.ResourceType {
	if len(p.Types) > 0 {
		return p.Types[i]
	}
	return endpoint
}

// maxDetail bounds the detail of an error, in characters. Quotations of the request were cut
// before; this bound is for messages of Keycloak.
const maxDetail = 1000

func errorDocument(e *scim.Error) scim.Resource {
	doc := document.Must("{}").
		With("schemas", document.Array([]string{document.Quote(scim.ErrorURN)})).
		With("status", document.Quote(strconv.Itoa(e.Status)))
	if e.Type != "" {
		doc = doc.With("scimType", document.Quote(e.Type))
	}
	return doc.With("detail", document.Quote(document.Cut(e.Detail, maxDetail)))
}

// errorHeaders sets the headers of an error. allowed has the methods of the endpoint, challenge
// more for WWW-Authenticate.
func errorHeaders(h http.Header, e *scim.Error, allowed []string, challenge string) {
	switch e.Status {
	case http.StatusUnauthorized:
		if challenge != "" {
			challenge = ", " + challenge
		}
		h.Set("WWW-Authenticate", `Bearer realm="scim"`+challenge)
	case http.StatusMethodNotAllowed:
		if len(allowed) > 0 {
			h.Set("Allow", strings.Join(allowed, ", "))
		}
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
}

// rowSpare is about how many bytes locations and a version add to a row.
const rowSpare = 256

// listDocument returns a ListResponse. row writes the row of a resource; all are written into one
// buffer.
func listDocument(p directory.Page, row func(b *strings.Builder, i int)) string {
	doc := document.NewObject()
	doc.Put("schemas", document.Array([]string{document.Quote(scim.ListURN)}))
	if !p.Uncounted {
		doc.Put("totalResults", strconv.Itoa(p.Total))
	}
	if p.Start > 0 {
		doc.Put("startIndex", strconv.Itoa(p.Start))
	}
	doc.Put("itemsPerPage", strconv.Itoa(len(p.Resources)))
	if p.Next != "" {
		doc.Put("nextCursor", document.Quote(p.Next))
	}
	size := rowSpare
	for _, r := range p.Resources {
		size += r.Size() + rowSpare
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(strings.TrimSuffix(doc.String(), "}"))
	b.WriteString(`,"Resources":[`)
	for i := range p.Resources {
		if i > 0 {
			b.WriteByte(',')
		}
		row(&b, i)
	}
	b.WriteString("]}")
	return b.String()
}

// contentType returns application/scim+json, unless the caller accepts only application/json or the
// document is not one of SCIM.
func (x *exchange) contentType() string {
	accept := strings.ToLower(x.r.Header.Get("Accept"))
	if x.plain && x.err == nil || strings.Contains(accept, "application/json") && !strings.Contains(accept, "scim+json") && !strings.Contains(accept, "*/*") {
		return "application/json"
	}
	return "application/scim+json"
}
