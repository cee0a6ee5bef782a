package scimhttp

import (
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Locate sets meta.location, meta.resourceType and the $ref of members and groups in a resource
// that has an id. It is called when answers are written, because layers do not know the base URL.
// base is the public SCIM base without a trailing slash.
func Locate(doc *scim.Object, t scim.ResourceType, base string) {
	id := document.Text(doc.Raw("id"))
	if id == "" {
		return
	}
	if meta := (scim.AttrPath{Name: "meta"}); document.IsObject(doc.Raw(meta.Name)) {
		doc.Set(meta.With("resourceType"), document.Quote(string(t)))
		doc.Set(meta.With("location"), document.Quote(protocol.Location(scim.Ref{Type: t, ID: id}, base)))
	}
	refer(doc, "members", base+"/"+scim.User.Endpoint()+"/")
	refer(doc, "groups", base+"/"+scim.Group.Endpoint()+"/")
}

func refer(doc *scim.Object, name, prefix string) {
	n := doc.Node(scim.AttrPath{Name: name})
	if n == nil || !n.IsArray() {
		return
	}
	values := n.Values()
	for i := range values.Elements {
		one := &values.Elements[i]
		if id := one.Text("value"); id != "" {
			one.SetMember("$ref", document.Quote(prefix+document.Text(id)))
			values.Touch()
		}
	}
}
