package adapters

import "strings"

// DetectProvider is the identity provider that a request's headers name beyond doubt, or "". Only two leave such a mark, so it is good for a warning
// and not for a decision: the dialect is configured.
func DetectProvider(header func(name string) string) string {
	switch {
	case header("ADSCIMVersion") != "": // bitwarden/server, ScimContext.cs
		return "entra"
	case strings.HasPrefix(header("User-Agent"), "Okta SCIM Client"): // okta-developer-docs, in all samples since 2018
		return "okta"
	}
	return ""
}
