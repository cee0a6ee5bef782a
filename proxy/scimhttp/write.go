package scimhttp

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// response is what is to be written: an error, a document as it is, or the answer to a call.
type response struct {
	session  Session
	call     protocol.Call
	wire     protocol.Request
	answer   protocol.Answer
	document scim.Resource
	err      *scim.Error
	allowed  []string
}

// notAllowed carries the methods for the Allow header.
type notAllowed struct {
	error
	methods []string
}

// Unwrap returns the error.
func (n notAllowed) Unwrap() error { return n.error }

func failed(err error) response {
	r := response{err: scim.AsError(err)}
	if n, ok := errors.AsType[notAllowed](err); ok {
		r.allowed = n.methods
	}
	return r
}

// write is the one pen. It decides the status before the first byte.
func (p response) write(w http.ResponseWriter, r *http.Request) int {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	status, body := p.status(), p.body()
	if p.err != nil {
		p.errorHeaders(h)
	}
	if notModified(p, r) {
		status, body = http.StatusNotModified, ""
	}
	if body == "" && status == http.StatusOK {
		status = http.StatusNoContent
	}
	if body != "" {
		h.Set("Content-Type", contentType(r))
	}
	if p.err == nil && p.answer.Version != "" {
		h.Set("ETag", p.answer.Version)
	}
	if p.err == nil && p.answer.Made.ID != "" { // RFC 7644 section 3.3: always
		h.Set("Location", protocol.Location(p.answer.Made, p.session.Base))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // the caller is gone: there is nobody to tell
	return status
}

func (p response) status() int {
	if p.err != nil {
		return p.err.Status
	}
	switch p.call.(type) {
	case protocol.Create:
		return http.StatusCreated
	case protocol.Delete:
		return http.StatusNoContent
	default:
		return http.StatusOK
	}
}

func (p response) body() string {
	switch {
	case p.err != nil:
		return errorDocument(p.err).String()
	case !p.document.IsZero():
		return p.document.String()
	case p.answer.Page != nil:
		page := *p.answer.Page
		shown := make([]scim.Resource, len(page.Resources))
		for i, r := range page.Resources {
			shown[i] = p.show(typeOf(page, i, p.wire.Type), r)
		}
		page.Resources = shown
		return listDocument(page).String()
	case p.answer.Resource.IsZero():
		return ""
	}
	return p.show(p.wire.Type, p.answer.Resource).String()
}

// show places a resource, and then cuts it to what is wanted: a projection may name a location.
func (p response) show(t scim.ResourceType, r scim.Resource) scim.Resource {
	doc := r.Object()
	protocol.Locate(doc, t, p.session.Base)
	protocol.ProjectionOf(p.call).Trim(p.session.Schemas, t, doc)
	return doc.Resource()
}

// typeOf the i-th resource of a page: that of the endpoint, unless all types were searched.
func typeOf(p directory.Page, i int, endpoint scim.ResourceType) scim.ResourceType {
	if len(p.Types) > 0 {
		return p.Types[i]
	}
	return endpoint
}

// maxDetail bounds a detail in characters. What a detail repeats of the request was cut before;
// this is for what Keycloak says.
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

func (p response) errorHeaders(h http.Header) {
	if p.err.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="scim"`)
	}
	if p.err.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.err.RetryAfter))
	}
	if len(p.allowed) > 0 {
		h.Set("Allow", strings.Join(p.allowed, ", "))
	}
}

func listDocument(p directory.Page) scim.Resource {
	rows := make([]string, len(p.Resources))
	for i, r := range p.Resources {
		rows[i] = r.String()
	}
	doc := document.Must("{}").Object()
	doc.Put("schemas", document.Array([]string{document.Quote(scim.ListURN)}))
	if !p.Uncounted {
		doc.Put("totalResults", strconv.Itoa(p.Total))
	}
	if p.Start > 0 {
		doc.Put("startIndex", strconv.Itoa(p.Start))
	}
	doc.Put("itemsPerPage", strconv.Itoa(len(rows)))
	if p.Next != "" {
		doc.Put("nextCursor", document.Quote(p.Next))
	}
	doc.Put("Resources", document.Array(rows))
	return doc.Resource()
}

// notModified: the caller has this version already (RFC 7232 section 3.2).
func notModified(p response, r *http.Request) bool {
	_, read := p.call.(protocol.Read)
	header := r.Header.Get("If-None-Match")
	return p.err == nil && read && header != "" && p.answer.Version != "" && scim.MatchesVersion(header, p.answer.Version, false)
}

// contentType is application/scim+json, unless the caller accepts only application/json.
func contentType(r *http.Request) string {
	accept := strings.ToLower(r.Header.Get("Accept"))
	if strings.Contains(accept, "application/json") && !strings.Contains(accept, "scim+json") && !strings.Contains(accept, "*/*") {
		return "application/json"
	}
	return "application/scim+json"
}
