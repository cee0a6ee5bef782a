package forms

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// SingleValues is the rule for lists of one and for objects with only a value.
func SingleValues() protocol.Rule {
	return protocol.Rule{
		Name:   "single-values",
		Says:   `The value of a single-valued attribute, or of a selected element, may be a list of one; a plain value may be an object with only a "value".`,
		Source: `Databricks' "active": [{"value": "false"}] (docs.databricks.com, SCIM API 2.0 users); Azure AD's older library has [{"$ref": null, "value": "x"}] for any attribute (Azure/AzureAD-BYOA-Provisioning-Samples#22, azure-docs#42220; scimgateway reads it)`,
		Body: func(m *protocol.Message, body *scim.Object) {
			body.Map(func(name, raw string) (string, string) {
				return name, singleMember(m, name, raw)
			})
		},
		Operation: InPlace(func(m *protocol.Message, op *protocol.Operation) {
			p, ok := op.Path()
			if !ok || op.Value() == "" || op.Kind() == scim.Remove {
				return
			}
			if p.Name == "" {
				op.SetValue(singleMember(m, p.URN, op.Value()))
				return
			}
			def, _ := m.Schemas.Lookup(m.Type, p.AttrPath)
			if p.Filter != nil && p.Sub == "" {
				def.MultiValued = false // the value is that of one element
			}
			op.SetValue(singles(def, op.Value()))
		}),
	}
}

// singleMember changes the value of an attribute, or the attributes of an extension.
func singleMember(m *protocol.Message, name, raw string) string {
	if in, ok := Object(raw); ok && strings.Contains(name, ":") {
		return in.Map(func(n, v string) (string, string) {
			def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{URN: name, Name: n})
			return n, singles(def, v)
		}).String()
	}
	def, _ := m.Schemas.Lookup(m.Type, scim.AttrPath{Name: name})
	return singles(def, raw)
}

func singles(def scim.Attribute, raw string) string {
	if def.Name != "" && !def.MultiValued {
		raw = alone(def, raw)
	}
	if len(def.SubAttributes) == 0 {
		return raw
	}
	return Each(raw, func(e string) string {
		in, ok := Object(e)
		if !ok {
			return e
		}
		return in.Map(func(name, raw string) (string, string) {
			sub, _ := def.Sub(name)
			return name, singles(sub, raw)
		}).String()
	})
}

// alone is the one value in a list of one, or in an object with only a "value". What says more, or
// says it another way, stays for the strict reader to refuse.
func alone(def scim.Attribute, raw string) string {
	one := raw
	if document.IsArray(raw) {
		es := document.Elements(raw)
		if len(es) != 1 {
			return raw
		}
		one = es[0]
	}
	complexValue := def.Type == "complex"
	if o, ok := Object(one); ok && !complexValue {
		one = onlyValue(o)
	}
	switch isObject := document.IsObject(one); {
	case one == "" || document.IsArray(one) || isObject != complexValue && one != "null":
		return raw
	}
	return one
}

// onlyValue is the "value" of an object that says nothing else, or "". A $ref says the same.
func onlyValue(o scim.Resource) string {
	for name, raw := range o.All() {
		if !strings.EqualFold(name, "value") && name != "$ref" && !document.Unassigned(raw) {
			return ""
		}
	}
	return o.Raw("value")
}
