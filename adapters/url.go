package adapters

import (
	"net/url"
	"regexp"
)

// entraFlag matches the flag that an administrator appends to the Tenant URL for Entra's
// RFC-conforming mode (entra-docs, application-provisioning-config-problem-scim-compatibility).
// Entra appends its paths to that URL, so that the flag's "?" begins the query too early, as in
// "/scim/?aadOptscim062020/Users?filter=x".
var entraFlag = regexp.MustCompile(`(?i)[/?&]+aadOptscim062020(=[^/&]*)?([/?&]|$)`)

// RepairURL removes Entra's flag aadOptscim062020 from any place in a URL. It must run before the
// request is routed. Both of Entra's modes are accepted, with or without the flag.
func RepairURL(u *url.URL) {
	whole := u.EscapedPath()
	if u.RawQuery != "" {
		whole += "?" + u.RawQuery
	}
	if !entraFlag.MatchString(whole) {
		return
	}
	fixed := entraFlag.ReplaceAllStringFunc(whole, func(m string) string {
		switch first, next := m[0], m[len(m)-1]; {
		case next == '/' || next == '?':
			return string(next)
		case next == '&' && (first == '?' || first == '&'):
			return string(first)
		}
		return ""
	})
	parsed, err := url.ParseRequestURI(fixed)
	if err != nil {
		return
	}
	u.Path, u.RawPath, u.RawQuery = parsed.Path, parsed.RawPath, parsed.RawQuery
}
