package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// partialPut comes first: what it makes is a PATCH for all other rules.
func partialPut(source string) protocol.Rule {
	return protocol.Rule{
		Name:   "partial-put",
		Says:   "A PUT changes what it names and leaves the rest: it is a PATCH without a path. What is null is not named (RFC 7643 section 2.5), nor what is \"\" and cannot be cleared; an empty list is, and clears.",
		Source: source,
		Request: func(m *protocol.Message) bool {
			if m.Method != "PUT" || m.ID == "" || m.Body == nil {
				return false
			}
			if id := document.Text(m.Body.Raw("id")); id != "" && id != m.ID {
				return false
			}
			m.Body.Map(func(name, raw string) (string, string) {
				def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{Name: name})
				if raw == "null" || raw == `""` && def.Required || def.Mutability == "readOnly" {
					return "", ""
				}
				return name, raw
			})
			m.BecomePatch(protocol.NewOperation(scim.ReplaceAll, "", m.Body.String()))
			return true
		},
	}
}

func emptyClears(source string) protocol.Rule {
	return protocol.Rule{
		Name:      "empty-clears",
		Says:      `"" is no value: where it is set the attribute is cleared, and an element of a list without a value goes.`,
		Source:    source,
		Body:      func(_ *protocol.Message, body *scim.Object) { withoutEmpty(body) },
		Operation: one(clearing),
	}
}

func clearing(op *protocol.Operation) {
	kind, value := op.Kind(), lean(op.Value(), valueDepth)
	p, ok := op.Path()
	switch {
	case !ok || value == "" || kind == scim.Remove || isMembers(p.Name):
	case !isEmpty(value) && !(p.Filter != nil && p.Sub == "" && valueless(value)):
		op.SetValue(value)
	case kind == scim.Add: // nothing is added
		op.SetValue("null")
	default:
		if p.Filter != nil && strings.EqualFold(p.Sub, "value") { // an element without its value says nothing
			p.Sub = ""
		}
		op.SetKind(scim.Remove)
		op.SetPath(p)
		op.SetValue("")
	}
}

func withoutEmpty(body *scim.Object) {
	body.Map(func(name, raw string) (string, string) {
		switch {
		case isMembers(name):
			return name, raw
		case raw == `""`:
			return "", ""
		}
		return name, lean(raw, valueDepth)
	})
}

// isMembers: nobody leaves a group because an id is missing. What is no list of members stays for the strict reader.
func isMembers(name string) bool { return strings.EqualFold(name, "members") }

// valueDepth is how deep a value of SCIM nests: an extension, a list, an element. Nothing that RFC
// 7643 defines lies deeper.
const valueDepth = 3

// lean is a value without what is "" in it: an object keeps null in its place, an array loses elements whose value is empty.
func lean(raw string, depth int) string {
	if depth == 0 {
		return raw
	}
	if o, ok := object(raw); ok {
		return o.Map(func(name, raw string) (string, string) {
			if raw == `""` {
				return name, "null"
			}
			return name, lean(raw, depth-1)
		}).String()
	}
	if !strings.HasPrefix(raw, "[") {
		return raw
	}
	var out []string
	for _, e := range document.Elements(raw) {
		if valueless(e) || e == `""` {
			continue
		}
		out = append(out, lean(e, depth-1))
	}
	return document.Array(out)
}

// valueless reports whether an element says that it has no value.
func valueless(e string) bool {
	o, ok := object(e)
	value := o.Raw("value")
	return ok && value != "" && isEmpty(value)
}
