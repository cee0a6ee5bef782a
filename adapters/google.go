package adapters

import (
	"net/mail"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// google is Google Workspace, which provisions only to apps of its own catalogue.
func google() []protocol.Rule {
	return around(nil, emailFromUserName())
}

func emailFromUserName() protocol.Rule {
	return protocol.Rule{
		Name:   "email-from-user-name",
		Says:   "A user that is created without emails gets the userName as work address, if it is an e-mail address.",
		Source: "a catalogue app gets only userName, which is the primary address (reported; no capture is public)",
		Body: func(m *protocol.Message, body *scim.Object) {
			name := document.Text(body.Raw("userName"))
			at, err := mail.ParseAddress(name)
			if m.Creates(scim.User) && err == nil && at.Address == name && document.Unassigned(body.Raw("emails")) {
				body.Put("emails", `[{"value":`+document.Quote(name)+`,"type":"work","primary":true}]`)
			}
		},
	}
}
