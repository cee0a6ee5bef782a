package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// partialPut is R20. It comes first: what it makes is a PATCH for all other rules.
func partialPut(source string) scim.Rule {
	return scim.Rule{
		Name:   "partial-put",
		Says:   "A PUT changes what it names and leaves the rest: it is a PATCH without a path. What is null is not named (RFC 7643 section 2.5), nor what is \"\" and cannot be cleared; an empty list is, and clears.",
		Source: source,
		Apply: func(s scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			body, err := scim.Part(strings.TrimSpace(string(w.Body)))
			if err != nil || w.Method != "PUT" || w.ID == "" || body.ID() != "" && body.ID() != w.ID {
				return w, false
			}
			named := body.Map(func(name, raw string) (string, string) {
				def, _ := s.Lookup(w.Type, scim.AttrPath{Name: name})
				if raw == "null" || raw == `""` && def.Required || def.Mutability == "readOnly" || strings.EqualFold(name, "schemas") {
					return "", ""
				}
				return name, raw
			})
			op := scim.Must(`{"op":"replace"}`).With("value", named.String())
			w.Method, w.Body = "PATCH", []byte(patchOf(scim.Array([]string{op.String()})).String())
			return w, true
		},
	}
}

func patchOf(operations string) scim.Resource {
	return scim.Must("{}").With("schemas", scim.Array([]string{scim.Quote(scim.PatchURN)})).With("Operations", operations)
}

// emptyClears is R12.
func emptyClears(source string) scim.Rule {
	return scim.Rule{
		Name:   "empty-clears",
		Says:   `"" is no value: where it is set the attribute is cleared, and an element of a list without a value goes.`,
		Source: source,
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if isWrite(w) {
				return reshape(w, withoutEmpty)
			}
			return eachOp(w, one(clearing))
		},
	}
}

func clearing(op scim.Resource) scim.Resource {
	kind, value := scim.Text(op.Raw("op")), lean(op.Raw("value"), valueDepth)
	p, err := scim.ParsePath(scim.Text(op.Raw("path")))
	switch {
	case err != nil || p.IsZero() || value == "" || kind == "remove" || isMembers(p.Name):
	case !isEmpty(value):
		op = op.With("value", value)
	case kind == "add": // nothing is added
		op = op.With("value", "null")
	default:
		if p.Filter != nil && strings.EqualFold(p.Sub, "value") { // an element without its value says nothing
			p.Sub = ""
		}
		op = op.With("op", `"remove"`).With("path", scim.Quote(p.String())).With("value", "")
	}
	return op
}

func withoutEmpty(r scim.Resource) scim.Resource {
	return r.Map(func(name, raw string) (string, string) {
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
	for _, e := range scim.Elements(raw) {
		if o, ok := object(e); ok && o.Raw("value") == `""` || e == `""` {
			continue
		}
		out = append(out, lean(e, depth-1))
	}
	return scim.Array(out)
}
