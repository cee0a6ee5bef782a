package adapters

import "strings"

// DetectProvider returns the identity provider that a request's headers identify beyond doubt, or
// "". Only Entra and Okta send such a header. The result is for a warning only: the configuration
// decides which dialect is used.
func DetectProvider(header func(name string) string) string {
	switch {
	case header("ADSCIMVersion") != "": // bitwarden/server, ScimContext.cs
		return "entra"
	case strings.HasPrefix(header("User-Agent"), "Okta SCIM Client"): // okta-developer-docs, in all samples since 2018
		return "okta"
	}
	return ""
}
