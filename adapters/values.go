package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// listValues is R15.
func listValues() scim.Rule {
	return scim.Rule{
		Name:   "list-values",
		Says:   "One object where the schema has a list is a list of one.",
		Source: "emails in OneLogin's default template (developers.onelogin.com/scim/define-user-schema)",
		Apply: func(s scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if !isWrite(w) {
				return w, false // a PATCH takes one value as well as a list
			}
			return reshape(w, func(r scim.Resource) scim.Resource {
				return r.Map(func(name, raw string) (string, string) {
					def, _ := s.Lookup(w.Type, scim.AttrPath{Name: name})
					if _, single := object(raw); single && def.MultiValued {
						raw = scim.Array([]string{raw})
					}
					return name, raw
				})
			})
		},
	}
}

// onePrimary is R15.
func onePrimary() scim.Rule {
	return scim.Rule{
		Name:   "one-primary",
		Says:   "Of several primary values the one of type work is primary, else the first.",
		Source: "PingFederate fills work and home with the same address, both primary, when one of them is empty (docs.pingidentity.com/integrations/scim)",
		Apply: func(s scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if isWrite(w) {
				return reshape(w, func(r scim.Resource) scim.Resource {
					return r.Map(func(name, raw string) (string, string) {
						if def, _ := s.Lookup(w.Type, scim.AttrPath{Name: name}); def.MultiValued {
							raw = withOnePrimary(raw)
						}
						return name, raw
					})
				})
			}
			return eachOp(w, one(func(op scim.Resource) scim.Resource {
				if strings.HasPrefix(op.Raw("value"), "[") {
					return op.With("value", withOnePrimary(op.Raw("value")))
				}
				return op
			}))
		},
	}
}

func withOnePrimary(raw string) string {
	es := scim.Elements(raw)
	chosen, primaries := -1, 0
	for i, e := range es {
		o, ok := object(e)
		if !ok || o.Raw("primary") != "true" {
			continue
		}
		primaries++
		if chosen < 0 || strings.EqualFold(scim.Text(o.Raw("type")), "work") && !isWork(es[chosen]) {
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
	return scim.Array(es)
}

func isWork(e string) bool {
	o, ok := object(e)
	return ok && strings.EqualFold(scim.Text(o.Raw("type")), "work")
}

// selectedIsMade is R10; R11 follows from it, since the next operation finds the element that this one has made.
func selectedIsMade() scim.Rule {
	return scim.Rule{
		Name:   "selected-is-made",
		Says:   `A replace of emails[type eq "work"].value makes the element where there is none.`,
		Source: "Entra replaces what was never there (SCIM-SDK, ssoready#249, scim-patch); Okta's primary e-mail (okta-developer-docs, scim-20); RFC 7644 section 3.5.2.3 has a noTarget for it",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			return eachOp(w, one(func(op scim.Resource) scim.Resource {
				p, err := scim.ParsePath(scim.Text(op.Raw("path")))
				if err != nil || p.Filter == nil || p.Sub == "" || scim.Text(op.Raw("op")) != "replace" || scim.Unassigned(op.Raw("value")) || !describes(p.Filter) {
					return op
				}
				return op.With("op", `"add"`)
			}))
		},
	}
}

// describes reports whether a filter tells what an element must be like.
func describes(f scim.Filter) bool {
	switch f := f.(type) {
	case scim.Compare:
		return f.Op == scim.Eq
	case scim.And:
		for _, t := range f.Terms {
			if !describes(t) {
				return false
			}
		}
		return true
	case scim.Or, scim.Not, scim.Present, scim.Within:
		return false
	}
	return false
}

// rolesInText is R14.
func rolesInText() scim.Rule {
	return scim.Rule{
		Name:   "roles-in-text",
		Says:   "A role whose value is a JSON document in a string is the value and the displayName in that document.",
		Source: "Entra's app roles without an AppRoleAssignments expression (entra-docs, customize-application-attributes; SCIM-SDK tests)",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			switch {
			case w.Type != scim.User:
				return w, false
			case isWrite(w):
				return reshape(w, func(r scim.Resource) scim.Resource {
					if raw := r.Raw("roles"); raw != "" {
						r = r.With("roles", eachValue(raw, role))
					}
					return r
				})
			}
			return eachOp(w, one(func(op scim.Resource) scim.Resource {
				p, err := scim.ParsePath(scim.Text(op.Raw("path")))
				value := op.Raw("value")
				if err != nil || value == "" || !p.Top().Is(scim.AttrPath{Name: "roles"}) {
					return op
				}
				if inner, ok := inText(value); ok && p.Sub == "value" && inner.Raw("value") != "" {
					return op.With("value", inner.Raw("value"))
				}
				return op.With("value", eachValue(value, role))
			}))
		},
	}
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
	if !scim.IsText(raw) || scim.CheckJSON([]byte(scim.Text(raw)), roleDepth) != nil {
		return scim.Resource{}, false
	}
	return object(strings.TrimSpace(scim.Text(raw)))
}
