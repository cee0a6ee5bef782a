package discovery

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Schema URIs of the discovery documents.
const (
	configURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	typeURN   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaURN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// DefaultPage is how many resources a list returns if the request has no count and the largest page
// is not smaller.
const DefaultPage = 100

// pagination returns the attribute of RFC 9865 section 4.
func pagination(a directory.Capabilities) string {
	out := `{"cursor":` + strconv.FormatBool(a.Cursor) + `,"index":true,"defaultPaginationMethod":"index","defaultPageSize":` + strconv.Itoa(min(DefaultPage, a.MaxPage)) +
		`,"maxPageSize":` + strconv.Itoa(a.MaxPage)
	if a.Cursor {
		out += `,"cursorTimeout":` + strconv.Itoa(a.CursorLife)
	}
	return out + "}"
}

// Config returns the ServiceProviderConfig.
func Config(a directory.Capabilities) scim.Resource {
	supported := func(yes bool) string { return `{"supported":` + strconv.FormatBool(yes) + `}` }
	return document.Must("{}").
		With("schemas", document.Array([]string{document.Quote(configURN)})).
		With("patch", supported(true)).
		With("bulk", `{"supported":`+strconv.FormatBool(a.Bulk > 0)+`,"maxOperations":`+strconv.Itoa(a.Bulk)+`,"maxPayloadSize":`+strconv.Itoa(a.BulkPayload)+`}`).
		With("filter", `{"supported":true,"maxResults":`+strconv.Itoa(a.MaxPage)+`}`).
		With("changePassword", supported(false)).
		With("sort", supported(a.Sort)).
		With("etag", supported(a.ETag)).
		With("pagination", pagination(a)).
		With("authenticationSchemes", `[{"type":"oauthbearertoken","name":"OAuth Bearer Token","description":"A bearer token in the Authorization header","specUri":"https://www.rfc-editor.org/rfc/rfc6750","primary":true}]`).
		With("meta", `{"resourceType":"ServiceProviderConfig"}`)
}

// Schemas returns the schema definitions, with the attributes that the directory requires, and
// without attributes that are never returned: they are dropped from requests, and a client that
// finds password in the schema would rely on it.
func Schemas(s scim.Schemas, a directory.Capabilities) []scim.Resource {
	var out []scim.Resource
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		for _, d := range append([]scim.Schema{s.Core(t)}, s.Extensions(t)...) {
			d.Attributes = slices.DeleteFunc(slices.Clone(d.Attributes), func(a scim.Attribute) bool { return a.Returned == "never" })
			out = append(out, resource(requiring(d, d.ID == s.Core(t).ID, a.Required[t])).
				With("schemas", document.Array([]string{document.Quote(schemaURN)})).
				With("meta", `{"resourceType":"Schema"}`))
		}
	}
	return out
}

// requiring marks attributes of a schema as required, and those that they are part of.
func requiring(s scim.Schema, core bool, paths []scim.AttrPath) scim.Schema {
	s.Attributes = slices.Clone(s.Attributes)
	for _, p := range paths {
		if core != (p.URN == "") || !core && !strings.EqualFold(p.URN, s.ID) {
			continue
		}
		for i := range s.Attributes {
			a := &s.Attributes[i]
			if !strings.EqualFold(a.Name, p.Name) {
				continue
			}
			a.Required, a.SubAttributes = true, slices.Clone(a.SubAttributes)
			for j := range a.SubAttributes {
				a.SubAttributes[j].Required = a.SubAttributes[j].Required || strings.EqualFold(a.SubAttributes[j].Name, p.Sub)
			}
		}
	}
	return s
}

// ResourceTypes returns the resource types. An extension with an attribute that the directory
// requires is required itself.
func ResourceTypes(s scim.Schemas, a directory.Capabilities) []scim.Resource {
	type extension struct {
		Schema   string `json:"schema"`
		Required bool   `json:"required"`
	}
	var out []scim.Resource
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		extensions := []extension{}
		for _, e := range s.Extensions(t) {
			needed := slices.ContainsFunc(a.Required[t], func(p scim.AttrPath) bool { return strings.EqualFold(p.URN, e.ID) })
			extensions = append(extensions, extension{e.ID, needed})
		}
		core := s.Core(t)
		out = append(out, resource(map[string]any{
			"schemas": []string{typeURN}, "id": t, "name": t, "endpoint": "/" + t.Endpoint(), "description": core.Description,
			"schema": core.ID, "schemaExtensions": extensions, "meta": map[string]string{"resourceType": "ResourceType"},
		}))
	}
	return out
}

func resource(v any) scim.Resource {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data can always be encoded
	}
	return document.Must(string(b))
}
