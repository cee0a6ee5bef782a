package adapters

import (
	"net/mail"

	"keycloak-scim-proxy/proxy/scim"
)

// google is Google Workspace, which provisions to the apps of its own catalogue only.
func google() []scim.Rule {
	return around(nil, emailFromUserName())
}

func emailFromUserName() scim.Rule {
	return scim.Rule{
		Name:   "email-from-user-name",
		Says:   "A user that is created without emails gets the userName as work address, where it is one.",
		Source: "a catalogue app gets only userName, which is the primary address (reported; no capture is public)",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if w.Method != "POST" || w.Type != scim.User || w.ID != "" {
				return w, false
			}
			return reshape(w, func(r scim.Resource) scim.Resource {
				name := scim.Text(r.Raw("userName"))
				at, err := mail.ParseAddress(name)
				if err != nil || at.Address != name || !scim.Unassigned(r.Raw("emails")) {
					return r
				}
				return r.With("emails", `[{"value":`+scim.Quote(name)+`,"type":"work","primary":true}]`)
			})
		},
	}
}
