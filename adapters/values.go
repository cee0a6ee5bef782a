package adapters

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func listValues() protocol.Rule {
	return protocol.Rule{
		Name:   "list-values",
		Says:   "One value where the schema has a list is a list of one. A text where an element has a value is the element with that value.",
		Source: "emails in OneLogin's default template (developers.onelogin.com/scim/define-user-schema); roles as texts (Captain-P-Goldfish/SCIM-SDK#516)",
		Body: func(m *protocol.Message, body *scim.Object) { // a PATCH takes one value as well as a list
			body.Map(func(name, raw string) (string, string) {
				def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{Name: name})
				raw = elements(def, raw)
				if _, single := object(raw); single && def.MultiValued {
					raw = document.Array([]string{raw})
				}
				return name, raw
			})
		},
		Operation: func(m *protocol.Message, op *protocol.Operation) []*protocol.Operation {
			if p, ok := op.Path(); ok && p.Filter == nil && op.Value() != "" && op.Kind() != scim.Remove {
				def, _ := m.Schemas.Lookup(m.Type, p.AttrPath)
				op.SetValue(elements(def, op.Value()))
			}
			return []*protocol.Operation{op}
		},
	}
}

// elements makes an element of each text in a multi-valued attribute whose elements have a value.
func elements(def scim.Attribute, raw string) string {
	if _, ok := def.Sub("value"); !ok || !def.MultiValued {
		return raw
	}
	return eachValue(raw, func(e string) string {
		if !document.IsText(e) || e == `""` {
			return e
		}
		return document.Must("{}").With("value", e).String()
	})
}

func onePrimary() protocol.Rule {
	return protocol.Rule{
		Name:   "one-primary",
		Says:   "Of several primary values the one of type work is primary, else the first.",
		Source: "PingFederate fills work and home with the same address, both primary, when one of them is empty (docs.pingidentity.com/integrations/scim)",
		Body: func(m *protocol.Message, body *scim.Object) {
			body.Map(func(name, raw string) (string, string) {
				if def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{Name: name}); def.MultiValued {
					raw = withOnePrimary(raw)
				}
				return name, raw
			})
		},
		Operation: one(func(op *protocol.Operation) {
			if strings.HasPrefix(op.Value(), "[") {
				op.SetValue(withOnePrimary(op.Value()))
			}
		}),
	}
}

func withOnePrimary(raw string) string {
	es := document.Elements(raw)
	chosen, primaries := -1, 0
	for i, e := range es {
		o, ok := object(e)
		if !ok || o.Raw("primary") != "true" {
			continue
		}
		primaries++
		if chosen < 0 || strings.EqualFold(document.Text(o.Raw("type")), "work") && !isWork(es[chosen]) {
			chosen = i
		}
	}
	if primaries < 2 {
		return raw
	}
	for i, e := range es {
		if o, ok := object(e); ok && i != chosen && o.Raw("primary") == "true" {
			es[i] = o.With("primary", "false").String()
		}
	}
	return document.Array(es)
}

func isWork(e string) bool {
	o, ok := object(e)
	return ok && strings.EqualFold(document.Text(o.Raw("type")), "work")
}

func selectedIsMade() protocol.Rule {
	return protocol.Rule{
		Name:   "selected-is-made",
		Says:   `A replace of emails[type eq "work"].value makes the element where there is none.`,
		Source: "Entra replaces what was never there (SCIM-SDK, ssoready#249, scim-patch); Okta's primary e-mail (okta-developer-docs, scim-20); RFC 7644 section 3.5.2.3 has a noTarget for it",
		Operation: one(func(op *protocol.Operation) {
			p, ok := op.Path()
			if ok && p.Filter != nil && p.Sub != "" && op.Kind() == scim.ReplaceAll && !document.Unassigned(op.Value()) && describes(p.Filter) {
				op.SetKind(scim.Add)
			}
		}),
	}
}

// describes reports whether a filter tells what an element must be like.
func describes(f scim.Filter) bool {
	return !slices.ContainsFunc(scim.Conjuncts(f), func(t scim.Filter) bool {
		c, ok := t.(scim.Compare)
		return !ok || c.Op != scim.Eq
	})
}

func rolesInText() protocol.Rule {
	return protocol.Rule{
		Name:   "roles-in-text",
		Says:   "A role whose value is a JSON document in a string is the value and the displayName in that document.",
		Source: "Entra's app roles without an AppRoleAssignments expression (entra-docs, customize-application-attributes; SCIM-SDK tests)",
		Body: func(m *protocol.Message, body *scim.Object) {
			if m.Type == scim.User {
				body.Put("roles", eachValue(body.Raw("roles"), role))
			}
		},
		Operation: func(m *protocol.Message, op *protocol.Operation) []*protocol.Operation {
			if m.Type == scim.User {
				roleOp(op)
			}
			return []*protocol.Operation{op}
		},
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
	op.SetValue(eachValue(value, role))
}

func role(raw string) string {
	role, ok := object(raw)
	if !ok {
		return raw
	}
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

// roleDepth is more than an app role in a text has.
const roleDepth = 4

// inText reads the JSON object in a JSON string. The door has checked the string only, so its
// content is bounded here.
func inText(raw string) (scim.Resource, bool) {
	if !document.IsText(raw) || scim.CheckJSON([]byte(document.Text(raw)), roleDepth) != nil {
		return scim.Resource{}, false
	}
	return object(strings.TrimSpace(document.Text(raw)))
}
