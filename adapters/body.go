package adapters

import (
	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// one is a hook for rules that change an operation and keep it.
func one(change func(op *protocol.Operation)) func(*protocol.Message, *protocol.Operation) []*protocol.Operation {
	return func(_ *protocol.Message, op *protocol.Operation) []*protocol.Operation {
		change(op)
		return []*protocol.Operation{op}
	}
}

func object(raw string) (scim.Resource, bool) { return forms.Object(raw) }

func eachValue(raw string, change func(string) string) string { return forms.Each(raw, change) }
