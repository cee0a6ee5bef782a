package adapters

import (
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// partialPut must be the first rule, because its result is a PATCH for all other rules.
func partialPut(source string) protocol.Rule {
	return protocol.Rule{
		Name:   "partial-put",
		Says:   "A PUT changes only the attributes that it has: it is read as a PATCH without a path. A null counts as absent (RFC 7643 section 2.5), and so does \"\" for a required attribute; an empty list clears.",
		Source: source,
		Request: func(m *protocol.Message) bool {
			if m.Method != "PUT" || m.ID == "" || m.Body == nil {
				return false
			}
			if id := document.Text(m.Body.Raw("id")); id != "" && id != m.ID {
				return false
			}
			eachAttribute(m, m.Body, func(def scim.Attribute, raw string) string {
				if raw == "null" || raw == `""` && def.Required || def.Mutability == "readOnly" {
					return ""
				}
				return raw
			})
			m.BecomePatch(protocol.NewOperation(scim.ReplaceAll, "", m.Body.String()))
			return true
		},
	}
}

func emptyClears(source string) protocol.Rule {
	return protocol.Rule{
		Name:      "empty-clears",
		Says:      `"" is not a value: an attribute that is set to it is cleared, and an element of a list whose value is "" is left out.`,
		Source:    source,
		Body:      func(_ *protocol.Message, body *scim.Object) { withoutEmpty(body) },
		Operation: forms.InPlace(func(_ *protocol.Message, op *protocol.Operation) { clearing(op) }),
	}
}

// clearing turns an operation that sets "" into a remove. Members stay, so that no user leaves a
// group because an id is missing; the strict reader refuses a list of members that is not valid.
func clearing(op *protocol.Operation) {
	kind, value := op.Kind(), lean(op.Value(), valueDepth)
	p, ok := op.Path()
	switch {
	case !ok || value == "" || kind == scim.Remove || isMembers(p.Name):
	case !isEmpty(value) && !(p.Filter != nil && p.Sub == "" && valueless(value)):
		op.SetValue(value)
	case kind == scim.Add: // null adds nothing
		op.SetValue("null")
	default:
		if p.Filter != nil && strings.EqualFold(p.Sub, "value") { // without its value, the whole element goes
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

// valueDepth is how deep a SCIM value nests: an extension, a list, an element. Nothing in RFC 7643
// nests deeper.
const valueDepth = 3

// lean removes "" from a value: in an object it becomes null, and an array loses elements that are
// "" or whose value is "".
func lean(raw string, depth int) string {
	if depth == 0 {
		return raw
	}
	if o, ok := forms.Object(raw); ok {
		return o.Map(func(name, raw string) (string, string) {
			if raw == `""` {
				return name, "null"
			}
			return name, lean(raw, depth-1)
		}).String()
	}
	if !document.IsArray(raw) {
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
	o, ok := forms.Object(e)
	value := o.Raw("value")
	return ok && value != "" && isEmpty(value)
}
