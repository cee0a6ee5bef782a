package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// one is a hook for rules that change an operation and keep it.
func one(change func(op *protocol.Operation)) func(*protocol.Message, *protocol.Operation) []*protocol.Operation {
	return func(_ *protocol.Message, op *protocol.Operation) []*protocol.Operation {
		change(op)
		return []*protocol.Operation{op}
	}
}

func object(raw string) (scim.Resource, bool) {
	r, err := scim.Part(raw)
	return r, err == nil
}

// eachValue changes the elements of a list, or the one value that stands in its place. A list in a
// list is not a value of SCIM; it stays as it is, and the strict reader refuses it.
func eachValue(raw string, change func(string) string) string {
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
