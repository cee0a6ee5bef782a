package adapters

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func listValues() protocol.Rule {
	return protocol.Rule{
		Name:   "list-values",
		Says:   "One value where the schema has a list is a list of one. A text where an element has a value is the element with that value.",
		Source: "emails in OneLogin's default template (developers.onelogin.com/scim/define-user-schema); roles as texts (Captain-P-Goldfish/SCIM-SDK#516)",
		Body: func(m *protocol.Message, body *scim.Object) { // a PATCH accepts a single value as well as a list
			eachAttribute(m, body, func(def scim.Attribute, raw string) string {
				raw = elements(def, raw)
				if _, single := forms.Object(raw); single && def.MultiValued {
					return document.Array([]string{raw})
				}
				return raw
			})
		},
		Operation: forms.InPlace(func(m *protocol.Message, op *protocol.Operation) {
			if p, ok := op.Path(); ok && p.Filter == nil && op.Value() != "" && op.Kind() != scim.Remove {
				def, _ := m.Schemas.Lookup(m.Type, p.AttrPath)
				op.SetValue(elements(def, op.Value()))
			}
		}),
	}
}

// elements makes an element of each text in a multi-valued attribute whose elements have a value.
func elements(def scim.Attribute, raw string) string {
	if _, ok := def.Sub("value"); !ok || !def.MultiValued {
		return raw
	}
	return forms.Each(raw, func(e string) string {
		if !document.IsText(e) || e == `""` {
			return e
		}
		return document.Must("{}").With("value", e).String()
	})
}

func onePrimary() protocol.Rule {
	return protocol.Rule{
		Name:   "one-primary",
		Says:   "Of several primary values, the one of type work is primary, otherwise the first.",
		Source: "PingFederate fills work and home with the same address, both primary, when one of them is empty (docs.pingidentity.com/integrations/scim)",
		Body: func(m *protocol.Message, body *scim.Object) {
			eachAttribute(m, body, func(def scim.Attribute, raw string) string {
				if def.MultiValued {
					return withOnePrimary(raw)
				}
				return raw
			})
		},
		Operation: forms.InPlace(func(_ *protocol.Message, op *protocol.Operation) {
			if document.IsArray(op.Value()) {
				op.SetValue(withOnePrimary(op.Value()))
			}
		}),
	}
}

// withOnePrimary leaves one primary value in a list.
func withOnePrimary(raw string) string {
	es := document.Elements(raw)
	var primaries []int
	for i, e := range es {
		if o, _ := forms.Object(e); o.Raw("primary") == "true" {
			primaries = append(primaries, i)
		}
	}
	if len(primaries) < 2 {
		return raw
	}
	work := slices.IndexFunc(primaries, func(i int) bool {
		o, _ := forms.Object(es[i])
		return strings.EqualFold(document.Text(o.Raw("type")), "work")
	})
	for i, at := range primaries {
		if i != max(work, 0) {
			o, _ := forms.Object(es[at])
			es[at] = o.With("primary", "false").String()
		}
	}
	return document.Array(es)
}

func selectedIsMade() protocol.Rule {
	return protocol.Rule{
		Name:   "selected-is-made",
		Says:   `A replace of emails[type eq "work"].value creates the element if there is none.`,
		Source: "Entra replaces what was never there (SCIM-SDK, ssoready#249, scim-patch); Okta's primary e-mail (okta-developer-docs, scim-20); RFC 7644 section 3.5.2.3 has a noTarget for it",
		Operation: forms.InPlace(func(_ *protocol.Message, op *protocol.Operation) {
			p, ok := op.Path()
			if ok && p.Filter != nil && p.Sub != "" && op.Kind() == scim.ReplaceAll && !document.Unassigned(op.Value()) && describes(p.Filter) {
				op.SetKind(scim.Add)
			}
		}),
	}
}

// describes reports whether an element can be made from a filter: it has only eq, joined by and.
func describes(f scim.Filter) bool {
	return !slices.ContainsFunc(scim.Conjuncts(f), func(t scim.Filter) bool {
		c, ok := t.(scim.Compare)
		return !ok || c.Op != scim.Eq
	})
}
