package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// patchShape is R1.
func patchShape() scim.Rule {
	return scim.Rule{
		Name:   "patch-shape",
		Says:   "A PATCH body is Operations, in any letter case and with or without schemas; what stands beside them or inside an operation besides op, path and value is left out.",
		Source: "ssoready#182, indigo-iam#934 (operations); ory/polis, wso2#16933 (schemas); native Keycloak 26.7.3 answers 400 to an id beside Operations",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if w.Method != "PATCH" {
				return w, false
			}
			return reshape(w, func(body scim.Resource) scim.Resource {
				raw := body.Raw("Operations")
				if raw == "" {
					return body
				}
				if strings.HasPrefix(raw, "{") {
					raw = scim.Array([]string{raw})
				}
				return scim.Must("{}").With("schemas", scim.Array([]string{scim.Quote(scim.PatchURN)})).With("Operations", knownKeys(raw))
			})
		},
	}
}

func knownKeys(operations string) string {
	if !strings.HasPrefix(operations, "[") {
		return operations
	}
	var out []string
	for _, e := range scim.Elements(operations) {
		if op, ok := object(e); ok {
			e = op.Map(func(name, raw string) (string, string) {
				switch known := strings.ToLower(name); known {
				case "op", "path", "value":
					return known, raw
				}
				return "", ""
			}).String()
		}
		out = append(out, e)
	}
	return scim.Array(out)
}

// opNames is R2.
func opNames() scim.Rule {
	return scim.Rule{
		Name:   "op-names",
		Says:   "op is read in any letter case, and delete means remove.",
		Source: "Entra sends Add, Replace, Remove (entra-docs, use-scim-to-provision-users-and-groups); scimgateway sends delete",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			return eachOp(w, one(func(op scim.Resource) scim.Resource {
				kind := strings.ToLower(scim.Text(op.Raw("op")))
				if kind == "delete" {
					kind = "remove"
				}
				if !scim.IsText(op.Raw("op")) || kind == scim.Text(op.Raw("op")) {
					return op
				}
				return op.With("op", scim.Quote(kind))
			}))
		},
	}
}

// pathless is R5.
func pathless() scim.Rule {
	return scim.Rule{
		Name:   "pathless",
		Says:   "An operation without a path is one operation per key; a key is a path; the enterprise extension's object is one operation per member; id, schemas and meta are left out.",
		Source: "Entra with aadOptscim062020 (entra-docs, application-provisioning-config-problem-scim-compatibility); Okta group rename with id (okta-developer-docs, scim-20); a path-less replace that does not merge wiped a user (ssoready#206)",
		Apply: func(s scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			return eachOp(w, func(op scim.Resource) []scim.Resource {
				value, ok := object(op.Raw("value"))
				path := op.Raw("path")
				if !ok || path != "" && path != "null" && path != `""` || scim.Text(op.Raw("op")) == "remove" {
					return []scim.Resource{op}
				}
				return split(op, value)
			})
		},
	}
}

func split(op, value scim.Resource) []scim.Resource {
	var out []scim.Resource
	op = op.Without("value") // which may be large
	for key, raw := range value.All() {
		switch strings.ToLower(key) {
		case "id", "schemas", "meta":
			continue
		}
		if inner, ok := object(raw); ok && strings.EqualFold(key, scim.EnterpriseURN) {
			for name, raw := range inner.All() {
				out = append(out, op.With("path", scim.Quote(key+":"+name)).With("value", raw))
			}
			continue
		}
		out = append(out, op.With("path", scim.Quote(key)).With("value", raw))
	}
	return out
}

// passwordDropped keeps passwords out of everything further in.
func passwordDropped() scim.Rule {
	is := func(name string) bool { return strings.EqualFold(name, "password") }
	return scim.Rule{
		Name:   "password-dropped",
		Says:   "A password is accepted and dropped: Keycloak does not set it by SCIM, and nobody shall keep it.",
		Source: "Okta sends a random password even with password sync off (okta-developer-docs; zitadel#10009); native Keycloak 26.7.3 echoes it and does not set it",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if isWrite(w) {
				return reshape(w, func(r scim.Resource) scim.Resource { return r.Without("password") })
			}
			return eachOp(w, func(op scim.Resource) []scim.Resource {
				if p, err := scim.ParsePath(scim.Text(op.Raw("path"))); err == nil && p.URN == "" && is(p.Name) {
					return nil
				}
				return []scim.Resource{op}
			})
		},
	}
}

// activeAbsent is R19; a PUT without active keeps the state by the meaning of PUT.
func activeAbsent() scim.Rule {
	return scim.Rule{
		Name:   "active-absent",
		Says:   "A user that is created without active is enabled.",
		Source: "Rippling's POST has no active (valon-technologies/gestalt#3132); native Keycloak 26.7.3 makes a disabled user of it",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if w.Method != "POST" || w.Type != scim.User || w.ID != "" {
				return w, false
			}
			return reshape(w, func(r scim.Resource) scim.Resource {
				if raw := r.Raw("active"); !isEmpty(raw) {
					return r
				}
				return r.With("active", "true")
			})
		},
	}
}
