package forms

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
)

// RolesInText is the rule for roles that come as a JSON document in a string.
func RolesInText() protocol.Rule {
	return protocol.Rule{
		Name:   "roles-in-text",
		Says:   "If a role's value is a string with a JSON document, the value and the displayName come from that document.",
		Source: "Entra's app roles without an AppRoleAssignments expression (entra-docs, customize-application-attributes; SCIM-SDK tests)",
		Body: func(m *protocol.Message, body *scim.Object) {
			if m.Type == scim.User {
				body.Put("roles", Each(body.Raw("roles"), role))
			}
		},
		Operation: InPlace(func(m *protocol.Message, op *protocol.Operation) {
			if m.Type == scim.User {
				roleOp(op)
			}
		}),
	}
}

func roleOp(op *protocol.Operation) {
	p, ok := op.Path()
	value := op.Value()
	if !ok || value == "" || !p.Top().Is(scim.AttrPath{Name: "roles"}) {
		return
	}
	if inner, ok := inText(value); ok && p.Sub == "value" && inner.Raw("value") != "" {
		op.SetValue(inner.Raw("value"))
		return
	}
	op.SetValue(Each(value, role))
}

// role replaces the document in a role's value by the value and the displayName in it.
func role(raw string) string {
	role, _ := Object(raw)
	inner, ok := inText(role.Raw("value"))
	if !ok || inner.Raw("value") == "" {
		return raw
	}
	role = role.With("value", inner.Raw("value"))
	if role.Raw("display") == "" && inner.Raw("displayName") != "" {
		role = role.With("display", inner.Raw("displayName"))
	}
	return role.String()
}

// roleDepth bounds the nesting of the document in a role's value. App roles nest less.
const roleDepth = 4

// inText reads the JSON object in a JSON string. The depth limit of request bodies does not cover
// the content of strings, so it is checked here.
func inText(raw string) (scim.Resource, bool) {
	if !document.IsText(raw) || bounds.JSON([]byte(document.Text(raw)), roleDepth) != nil {
		return scim.Resource{}, false
	}
	return Object(strings.TrimSpace(document.Text(raw)))
}
