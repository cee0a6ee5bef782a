package checklist

import (
	"fmt"
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// maxReason bounds what a line quotes of an answer, in characters.
const maxReason = 300

// reasonOf says in words why a call failed, and what to change at the provider. What the proxy has
// answered is quoted only if the fault is the provider's: the other causes are inside the service.
func reasonOf(idp string, e journal.Entry) (reason, change string) {
	what := fmt.Sprintf("a %s of a %s", verb(e), kind(e.Type))
	if e.Type == "" {
		what = "a request"
	}
	quoted := quote(e.Reason)
	switch e.Status {
	case http.StatusUnauthorized:
		if strings.Contains(e.Reason, "allowedNetworks") {
			return "a request came from an address that is not allowed for this tenant", "Tell the operator of the service from which addresses the provider sends."
		}
		return "a request had a token that is not valid" + quoted, tokenField(idp)
	case http.StatusBadRequest:
		return what + " was refused, because something in it is wrong (400)" + quoted, badRequest(idp, e.Reason)
	case http.StatusForbidden:
		return what + " was refused, because it is not allowed (403)" + quoted, "Do not assign this user or group: the operator of the service manages it."
	case http.StatusNotFound:
		return what + " was refused, because it does not exist here (404)" + quoted, "The provider remembers a resource that is gone here. Restart its synchronisation, so that it looks everything up again."
	case http.StatusConflict:
		return what + " was refused, because another one has this name or address already (409)" + quoted, conflict(idp)
	case http.StatusPreconditionFailed:
		return what + " was refused, because it was changed meanwhile (412)", "Repeat the synchronisation."
	case http.StatusRequestEntityTooLarge:
		return what + " was refused, because it is too large (413)" + quoted, "Send fewer members or smaller values at once."
	case http.StatusTooManyRequests:
		return what + " is held (429)" + quoted, ""
	}
	switch {
	case e.State == journal.Partly:
		return what + " was done in part only", "Repeat it in the provider. If that does not help, send the id of the request to the operator of the service."
	case e.Status >= http.StatusInternalServerError || e.Status == 0:
		return fmt.Sprintf("%s failed inside the service (%d)", what, e.Status), "There is nothing to change at the provider, which repeats the request. If it goes on, send the id of the request to the operator of the service."
	}
	return fmt.Sprintf("%s was refused (%d)", what, e.Status) + quoted, "Send the id of the request to the operator of the service."
}

func verb(e journal.Entry) string {
	switch e.Verb {
	case "create", "post":
		return "create"
	case "delete":
		return "delete"
	}
	return "change"
}

func kind(t scim.ResourceType) string { return strings.ToLower(string(t)) }

func quote(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + document.Cut(reason, maxReason)
}

// badRequest says what to change by the scimType, or by what the detail says.
func badRequest(idp, reason string) string {
	low := strings.ToLower(reason)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(low, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("invalidfilter", "filter"):
		return "Match users by userName, and groups by displayName. " + matchField(idp)
	case has("mutability", "read-only", "readonly", "immutable"):
		return "Remove the mapping of the attribute that the answer names: it cannot be set."
	case has("invalidpath", "notarget", "path"):
		return "Correct the name of the target attribute in the mapping that the answer names."
	case has("toomany"):
		return "Ask for fewer users at once."
	case has("invalidsyntax", "json"):
		return "The request has another form than SCIM 2.0. Choose SCIM 2.0 in the provider, and no custom template that breaks it."
	}
	return "Correct the value or the mapping of the attribute that the answer names. A required attribute must not be empty for any assigned user."
}

// conflict says what to do about a name that is taken.
func conflict(idp string) string {
	return "If it is the same person, the provider must find the user before it creates it: " + lowered(matchField(idp)) +
		" Otherwise give one of them another name or address."
}

func lowered(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// tokenField says where the token is entered.
func tokenField(idp string) string {
	field, known := map[string]string{
		"entra":        "Provisioning, Admin Credentials, Secret Token; then Test Connection and Save. If the job is in quarantine, restart provisioning",
		"okta":         "Provisioning, Integration, API Token; then Test API Credentials and Save",
		"onelogin":     "Configuration, SCIM Bearer Token; then Save",
		"jumpcloud":    "Identity Management, Token Key; then Activate",
		"pingfederate": "Target, Access Token",
		"pingone":      "the connection, OAuth Access Token",
		"rippling":     "the integration, bearer token",
	}[idp]
	if !known {
		field = "the settings of the connection, bearer token"
	}
	return "Make a new token on this page, and enter it in the provider: " + field + "."
}

// matchField says where the matching attribute is chosen.
func matchField(idp string) string {
	field, known := map[string]string{
		"entra":        "Set the matching attribute to userName under Mappings.",
		"okta":         "Set the unique identifier field for users to userName.",
		"jumpcloud":    "Users are matched by userName, which JumpCloud does by itself.",
		"pingfederate": "Set the Unique User Identifier to userName.",
		"pingone":      "Leave the user filter at userName.",
	}[idp]
	if !known {
		return "Match users by userName."
	}
	return field
}

// mapping says how an attribute comes to be sent.
func mapping(idp, path string) string {
	where, known := map[string]string{
		"entra":        "under Mappings, Provision users, add an attribute mapping with the target %s",
		"okta":         "under Provisioning, To App, Attribute Mappings, map %s; add it in the Profile Editor first if it is not there",
		"onelogin":     "add %s to the SCIM JSON Template",
		"jumpcloud":    "under Identity Management, add a mapping for %s",
		"pingfederate": "under Attribute Mapping, map %s",
		"pingone":      "in the rule, under Attribute mapping, map %s",
		"rippling":     "add %s to the supported SCIM attributes",
	}[idp]
	if !known {
		where = "map %s"
	}
	return "In the provider, " + fmt.Sprintf(where, path) + ". Then make sure that each assigned user has a value there, and synchronise again."
}
