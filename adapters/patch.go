package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

func patchShape() protocol.Rule {
	return protocol.Rule{
		Name:    "patch-shape",
		Says:    "A PATCH body is Operations, in any letter case and with or without schemas; what stands beside them or inside an operation besides op, path and value is left out.",
		Source:  "ssoready#182, indigo-iam#934 (operations); ory/polis, wso2#16933 (schemas); native Keycloak 26.7.3 answers 400 to an id beside Operations",
		Request: (*protocol.Message).ShapePatch,
		Operation: one(func(op *protocol.Operation) {
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
		Says:   "op is read in any letter case, and delete means remove.",
		Source: "Entra sends Add, Replace, Remove (entra-docs, use-scim-to-provision-users-and-groups); scimgateway sends delete",
		Operation: one(func(op *protocol.Operation) {
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
		Says:   "An operation without a path is one operation per key; a key is a path; the enterprise extension's object is one operation per member; what only the server sets (id, schemas, meta, groups) is left out.",
		Source: "Entra with aadOptscim062020 (entra-docs, application-provisioning-config-problem-scim-compatibility); Okta group rename with id (okta-developer-docs, scim-20); a path-less replace that does not merge wiped a user (ssoready#206)",
		Operation: func(m *protocol.Message, op *protocol.Operation) []*protocol.Operation {
			value, ok := object(op.Value())
			path := op.Raw("path")
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
		if def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{Name: key}); def.Mutability == "readOnly" {
			continue
		}
		if inner, ok := object(raw); ok && strings.EqualFold(key, scim.EnterpriseURN) {
			for name, raw := range inner.All() {
				out = append(out, op.At(key+":"+name, raw))
			}
			continue
		}
		out = append(out, op.Member(key, raw))
	}
	return out
}

// passwordDropped keeps passwords out of everything further in.
func passwordDropped() protocol.Rule {
	return protocol.Rule{
		Name:   "password-dropped",
		Says:   "A password is accepted and dropped: Keycloak does not set it by SCIM, and nobody shall keep it.",
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

// activeAbsent is for a POST only: a PUT without active keeps the state.
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
