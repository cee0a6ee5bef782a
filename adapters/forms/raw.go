package forms

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// InPlace is the Operation hook of a rule that changes an operation and keeps it.
func InPlace(change func(m *protocol.Message, op *protocol.Operation)) func(*protocol.Message, *protocol.Operation) []*protocol.Operation {
	return func(m *protocol.Message, op *protocol.Operation) []*protocol.Operation {
		change(m, op)
		return []*protocol.Operation{op}
	}
}

// Object parses a JSON object, and reports whether raw is one.
func Object(raw string) (scim.Resource, bool) {
	if !document.IsObject(raw) {
		return scim.Resource{}, false
	}
	r, err := scim.Part(raw)
	return r, err == nil
}

// Each changes the elements of a list, or the single value in place of a list. A list in a list is
// not a value of SCIM; it stays as it is, and the strict reader refuses it.
func Each(raw string, change func(string) string) string {
	if !strings.HasPrefix(raw, "[") {
		return change(raw)
	}
	es, changed := document.Elements(raw), false
	for i, e := range es {
		if !strings.HasPrefix(e, "[") {
			es[i] = change(e)
			changed = changed || es[i] != e
		}
	}
	if !changed {
		return raw
	}
	return document.Array(es)
}
