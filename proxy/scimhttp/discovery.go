package scimhttp

import (
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// discovery answers a request for a discovery document, or for a list of them (RFC 7644 section 4).
func (x *exchange) discovery(endpoint, id string) error {
	if x.request.Query.Has("filter") {
		return scim.Forbidden("discovery cannot be filtered") // RFC 7644 section 4
	}
	docs, at := x.session.Discovery(x.r.Context(), endpoint), x.session.Base+"/"+endpoint
	if endpoint == "ServiceProviderConfig" {
		if id != "" {
			return scim.NoEndpoint()
		}
		x.document = placed(docs.Config, at).String()
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
			x.document = doc.String()
			return nil
		}
		page.Resources = append(page.Resources, doc)
	}
	if id != "" {
		return &scim.Error{Status: 404, Detail: "there is no such " + strings.TrimSuffix(endpoint, "s")}
	}
	x.document = listDocument(page, func(b *strings.Builder, i int) { b.WriteString(page.Resources[i].String()) })
	return nil
}

// placed adds its location to a discovery document.
func placed(doc scim.Resource, location string) scim.Resource {
	return doc.Set(scim.AttrPath{Name: "meta", Sub: "location"}, document.Quote(location))
}
