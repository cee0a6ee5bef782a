package scimhttp

import (
	"net/http"
	"net/url"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// endpoint is what the path below a base names.
type endpoint struct {
	verb    string // for log and metrics; a call has its own
	kind    scim.ResourceType
	id      string
	methods []string
	// read reads the body; nil: there is none.
	read func(x *exchange, w http.ResponseWriter, l Limits) ([]byte, error)
	do   func(x *exchange) error
}

// find reads the path segments below a base, which are still escaped.
func find(path []string) (endpoint, error) {
	for i := range path {
		text, err := url.PathUnescape(path[i])
		if err != nil {
			return endpoint{}, scim.NoEndpoint()
		}
		path[i] = text
	}
	if len(path) == 0 || len(path) > 2 || path[0] == protocol.Search && len(path) > 1 {
		return endpoint{}, scim.NoEndpoint()
	}
	name, id := path[0], strings.Join(path[1:], "")
	switch name {
	case "Users":
		return resources(scim.User, id), nil
	case "Groups":
		return resources(scim.Group, id), nil
	case protocol.Search:
		return resources("", protocol.Search), nil
	case "ServiceProviderConfig", "Schemas", "ResourceTypes":
		return endpoint{verb: "discovery", methods: []string{http.MethodGet}, do: func(x *exchange) error { return x.discovery(name, id) }}, nil
	case "Bulk":
		if id == "" {
			return endpoint{verb: "bulk", methods: []string{http.MethodPost}, read: (*exchange).bulkBody, do: (*exchange).bulk}, nil
		}
	case "Me":
		return endpoint{}, scim.NotImplemented("/Me is not supported: a provisioning client is no user")
	}
	return endpoint{}, scim.NoEndpoint()
}

// resources is the endpoint of a type, a search below it, or one resource.
func resources(t scim.ResourceType, id string) endpoint {
	e := endpoint{kind: t, id: id, read: (*exchange).body, do: (*exchange).resource}
	switch id {
	case "":
		e.methods = []string{http.MethodGet, http.MethodPost}
	case protocol.Search:
		e.methods = []string{http.MethodPost}
	default:
		e.methods = []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete}
	}
	return e
}

// below returns the path segments under a base, still escaped. Empty segments are skipped, because
// some clients join with two slashes.
func below(base, path string) []string {
	segments := strings.FieldsFunc(path, func(c rune) bool { return c == '/' })
	return segments[min(strings.Count(base, "/"), len(segments)):]
}

// discovery answers RFC 7644 section 4.
func (x *exchange) discovery(endpoint, id string) error {
	if x.request.Query.Has("filter") {
		return scim.Forbidden("discovery cannot be filtered") // RFC 7644 section 4
	}
	docs, at := x.session.Discovery(x.r.Context(), endpoint), x.session.Base+"/"+endpoint
	if endpoint == "ServiceProviderConfig" {
		if id != "" {
			return scim.NoEndpoint()
		}
		x.document = placed(docs.Config, at)
		return nil
	}
	all := docs.Schemas
	if endpoint == "ResourceTypes" {
		all = docs.ResourceTypes
	}
	page := directory.Page{Total: len(all), Start: 1}
	for _, doc := range all {
		doc = placed(doc, at+"/"+doc.ID())
		if id != "" && strings.EqualFold(doc.ID(), id) {
			x.document = doc
			return nil
		}
		page.Resources = append(page.Resources, doc)
	}
	if id != "" {
		return &scim.Error{Status: 404, Detail: "there is no such " + strings.TrimSuffix(endpoint, "s")}
	}
	x.document = listDocument(page)
	return nil
}
