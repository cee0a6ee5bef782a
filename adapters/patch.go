package adapters

import (
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func patchShape() protocol.Rule {
	return protocol.Rule{
		Name:    "patch-shape",
		Says:    "A PATCH body is Operations, in any letter case, with or without schemas. Other members are left out, and so are members of an operation other than op, path and value.",
		Source:  "ssoready#182, indigo-iam#934 (operations); ory/polis, wso2#16933 (schemas); native Keycloak 26.7.3 answers 400 to an id beside Operations",
		Request: (*protocol.Message).ShapePatch,
		Operation: forms.InPlace(func(_ *protocol.Message, op *protocol.Operation) {
			op.Map(func(name, raw string) (string, string) {
				switch known := strings.ToLower(name); known {
				case "op", "path", "value":
					return known, raw
				}
				return "", ""
			})
		}),
	}
}

func opNames() protocol.Rule {
	return protocol.Rule{
		Name:   "op-names",
		Says:   "op may have any letter case, and delete means remove.",
		Source: "Entra sends Add, Replace, Remove (entra-docs, use-scim-to-provision-users-and-groups); scimgateway sends delete",
		Operation: forms.InPlace(func(_ *protocol.Message, op *protocol.Operation) {
			kind := strings.ToLower(string(op.Kind()))
			if kind == "delete" {
				kind = "remove"
			}
			if kind != string(op.Kind()) {
				op.SetKind(scim.OpKind(kind))
			}
		}),
	}
}

func pathless() protocol.Rule {
	return protocol.Rule{
		Name:   "pathless",
		Says:   "An operation without a path is one operation per key; a key is a path; the object of the core schema or the enterprise extension is one operation per member; what only the server sets (id, schemas, meta, groups, manager.displayName) is left out.",
		Source: "Entra with aadOptscim062020 (entra-docs, application-provisioning-config-problem-scim-compatibility); Okta group rename with id (okta-developer-docs, scim-20); a path-less replace that does not merge wiped a user (ssoready#206)",
		Operation: func(m *protocol.Message, op *protocol.Operation) []*protocol.Operation {
			value, ok := forms.Object(op.Value())
			path := op.Raw("path")
			if forms.IsCore(m, document.Text(path)) { // the core schema is the resource
				path = ""
			}
			if !ok || path != "" && path != "null" && path != `""` || op.Kind() == scim.Remove {
				return []*protocol.Operation{op}
			}
			return split(m, op, value)
		},
	}
}

func split(m *protocol.Message, op *protocol.Operation, value scim.Resource) []*protocol.Operation {
	var out []*protocol.Operation
	for key, raw := range value.All() {
		inner, ok := forms.Object(raw)
		switch {
		case ok && forms.IsCore(m, key):
			out = append(out, split(m, op, inner)...)
		case ok && strings.EqualFold(key, scim.EnterpriseURN):
			for name, raw := range inner.All() {
				out = append(out, op.At(key+":"+name, raw))
			}
		case !readOnly(m, key):
			out = append(out, op.Member(key, raw))
		}
	}
	return out
}

func readOnly(m *protocol.Message, key string) bool {
	p, err := scim.ParseAttrPath(key)
	def, _ := m.Schemas.Lookup(m.Type, p)
	return err == nil && def.Mutability == "readOnly"
}

// passwordDropped keeps passwords away from the layers and the store.
func passwordDropped() protocol.Rule {
	return protocol.Rule{
		Name:   "password-dropped",
		Says:   "A password is accepted and dropped: Keycloak does not set passwords by SCIM, and the proxy must not keep them.",
		Source: "Okta sends a random password even with password sync off (okta-developer-docs; zitadel#10009); native Keycloak 26.7.3 echoes it and does not set it",
		Body:   func(_ *protocol.Message, body *scim.Object) { body.Put("password", "") },
		Operation: func(_ *protocol.Message, op *protocol.Operation) []*protocol.Operation {
			if p, ok := op.Path(); ok && p.URN == "" && strings.EqualFold(p.Name, "password") {
				return nil
			}
			return []*protocol.Operation{op}
		},
	}
}

// activeAbsent is for POST only: a PUT without active leaves the user enabled or disabled.
func activeAbsent() protocol.Rule {
	return protocol.Rule{
		Name:   "active-absent",
		Says:   "A user that is created without active is enabled.",
		Source: "Rippling's POST has no active (valon-technologies/gestalt#3132); native Keycloak 26.7.3 makes a disabled user of it",
		Body: func(m *protocol.Message, body *scim.Object) {
			if m.Creates(scim.User) && isEmpty(body.Raw("active")) {
				body.Put("active", "true")
			}
		},
	}
}
