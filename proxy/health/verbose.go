package health

import (
	"fmt"
	"strings"
	"time"
)

// asks says what a step asks Keycloak.
var asks = map[Step]string{
	Token:      "a token by the client credentials grant",
	Audience:   "ServiceProviderConfig of the realm's SCIM API, and the audience of the token",
	Feature:    "ServiceProviderConfig of the realm's SCIM API, and the server's features if it is refused",
	Switch:     "ServiceProviderConfig of the realm's SCIM API",
	Role:       "a create without a name; of a group tenant, its group and the groups in it",
	Rights:     "reads that an account without further rights is refused",
	Users:      "of a group tenant, the users that it may not manage",
	Profile:    "the user profile of the realm",
	Attributes: "the user profile of the realm, compared with that of the last canary",
}

// observations are the steps of the last diagnosis, a line each: what was asked, and the answer.
func (s Status) observations() string {
	if !s.Asked {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "  asked at %s\n", s.At.UTC().Format(time.RFC3339))
	for _, f := range s.Report {
		fmt.Fprintf(&text, "  %s: %s: %s\n", f.Step, asks[f.Step], f.answer())
	}
	return text.String()
}

func (f Finding) answer() string {
	switch {
	case f.Fault != nil && f.Fault.Said != "":
		return "fault " + string(f.Fault.Cause) + ": " + f.Fault.Said
	case f.Fault != nil:
		return "fault " + string(f.Fault.Cause)
	case f.Open != nil:
		return "not known: " + f.Open.Error()
	case f.Note != "":
		return "good: " + f.Note
	}
	return "good"
}
