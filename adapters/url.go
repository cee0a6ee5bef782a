package adapters

import (
	"net/url"
	"regexp"
)

// entraFlag is what an administrator appends to the Tenant URL for Entra's RFC-conforming mode (entra-docs,
// application-provisioning-config-problem-scim-compatibility). Naive joining leaves it in the middle of a path, where a "?" begins a query
// too early, as in "/scim/?aadOptscim062020/Users?filter=x".
var entraFlag = regexp.MustCompile(`(?i)[/?&]+aadOptscim062020(=[^/&]*)?([/?&]|$)`)

// RepairURL takes Entra's flag out of wherever it stands, before any route is looked for. Both of Entra's modes are understood at any time, so
// the flag itself says nothing that is needed.
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
