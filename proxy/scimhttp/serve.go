package scimhttp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// below returns the path segments under a base, still escaped. Empty segments are skipped: some clients join with two slashes.
func below(base, path string) []string {
	segments := strings.FieldsFunc(path, func(c rune) bool { return c == '/' })
	return segments[min(strings.Count(base, "/"), len(segments)):]
}

func (d *Door) serve(w http.ResponseWriter, r *http.Request, s Session, rep *Report, path []string) (response, error) {
	for i := range path {
		text, err := url.PathUnescape(path[i])
		if err != nil {
			return response{}, scim.NoEndpoint()
		}
		path[i] = text
	}
	if len(path) == 0 || len(path) > 2 || path[0] == protocol.Search && len(path) > 1 {
		return response{}, scim.NoEndpoint()
	}
	id := strings.Join(path[1:], "")
	switch path[0] {
	case "Users":
		return d.resource(w, r, s, rep, protocol.Request{Type: scim.User, ID: id})
	case "Groups":
		return d.resource(w, r, s, rep, protocol.Request{Type: scim.Group, ID: id})
	case "ServiceProviderConfig", "Schemas", "ResourceTypes":
		rep.Verb = "discovery"
		return d.discovery(r, s, path[0], id)
	case "Me":
		return response{}, scim.NotImplemented("/Me is not supported: a provisioning client is no user")
	case "Bulk":
		return d.bulk(w, r, s, rep, id)
	case protocol.Search:
		return d.resource(w, r, s, rep, protocol.Request{ID: protocol.Search})
	}
	return response{}, scim.NoEndpoint()
}

// methods by what the path names: an endpoint, a search below it, or one resource.
func methods(id string) []string {
	switch id {
	case "":
		return []string{http.MethodGet, http.MethodPost}
	case protocol.Search:
		return []string{http.MethodPost}
	}
	return []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete}
}

func (d *Door) resource(w http.ResponseWriter, r *http.Request, s Session, rep *Report, wire protocol.Request) (response, error) {
	if allowed := methods(wire.ID); !slices.Contains(allowed, r.Method) {
		return response{}, notAllowed{scim.MethodNotAllowed(r.Method), allowed}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return response{}, scim.InvalidSyntax("the query is not well-formed")
	}
	if wire.Body, err = d.body(w, r); err != nil {
		return response{}, err
	}
	wire.Method, wire.Query = r.Method, query
	wire.IfMatch, wire.IfNoneMatch = r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	wire.Projection.Quiet = quiet(r)
	call, fired, err := s.Decode(wire)
	rep.Fired = fired
	if err != nil {
		return response{}, err
	}
	rep.Verb = call.Verb()
	a, err := s.Service.Do(r.Context(), call)
	rep.Skipped = a.Skipped
	return response{session: s, call: call, wire: wire, answer: a}, err
}

// discovery answers RFC 7644 section 4.
func (d *Door) discovery(r *http.Request, s Session, endpoint, id string) (response, error) {
	if r.Method != http.MethodGet {
		return response{}, notAllowed{scim.MethodNotAllowed(r.Method), []string{http.MethodGet}}
	}
	if r.URL.Query().Has("filter") {
		return response{}, scim.Forbidden("discovery cannot be filtered") // RFC 7644 section 4
	}
	docs := s.Discovery()
	if endpoint == "ServiceProviderConfig" {
		if id != "" {
			return response{}, scim.NoEndpoint()
		}
		return response{document: placed(docs.Config, s.Base+"/"+endpoint)}, nil
	}
	all := docs.Schemas
	if endpoint == "ResourceTypes" {
		all = docs.ResourceTypes
	}
	page := directory.Page{Total: len(all), Start: 1}
	for _, doc := range all {
		doc = placed(doc, s.Base+"/"+endpoint+"/"+doc.ID())
		if id != "" && strings.EqualFold(doc.ID(), id) {
			return response{document: doc}, nil
		}
		page.Resources = append(page.Resources, doc)
	}
	if id != "" {
		return response{}, &scim.Error{Status: 404, Detail: "there is no such " + strings.TrimSuffix(endpoint, "s")}
	}
	return response{document: listDocument(page)}, nil
}

func placed(doc scim.Resource, location string) scim.Resource {
	return doc.Set(scim.AttrPath{Name: "meta", Sub: "location"}, document.Quote(location))
}
