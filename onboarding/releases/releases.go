package releases

import (
	"slices"

	"golang.org/x/mod/semver"
)

// Recommended is the smallest release without a known advisory.
const Recommended = "26.8.1"

// ForOneGroup is the smallest release that confines the account of a tenant to one group.
const ForOneGroup = "26.7.3"

// Use is what a server is used for.
type Use int

// Uses of a server.
const (
	Any        Use = iota
	WholeRealm     // tenants of a whole realm, whose accounts have manage-users
	OneGroup       // tenants of one group, which Keycloak confines
)

// Advisory is what is wrong with some releases.
type Advisory struct {
	// ID is its CVE, or "" if it has none.
	ID string
	// Text describes it for an operator.
	Text string
	// Source is the issue in keycloak/keycloak that lists the releases with the fix.
	Source string
	// Severe means that the releases must not be used for that. Otherwise the risk can be avoided.
	Severe bool

	use Use
	// fixed has the first release with the fix of each line (major and minor number), ascending.
	// Lines after the last one have the fix; others that are missing do not.
	fixed []string
}

var advisories = []Advisory{
	{
		Text: "its SCIM API does not check the audience of tokens, and shows the accounts of administrators", Source: "keycloak/keycloak#50283, #48636",
		Severe: true, fixed: []string{"v26.7.0"},
	},
	{
		ID: "CVE-2026-18963", Text: `anyone may set the password of any user, if "Forgot password" is on`, Source: "keycloak/keycloak#51833",
		Severe: true, fixed: []string{"v26.4.15", "v26.6.6", "v26.7.2"},
	},
	{
		ID: "CVE-2026-9099", Text: "an account that manages a group may move any group below it", Source: "keycloak/keycloak#50344",
		Severe: true, use: OneGroup, fixed: []string{"v26.4.13", "v26.6.4", "v26.7.0"},
	},
	{
		ID: "CVE-2026-14615", Text: "an account reaches groups below its own", Source: "keycloak/keycloak#50617",
		Severe: true, use: OneGroup, fixed: []string{"v26.4.14", "v26.6.5", "v26.7.1"},
	},
	{
		ID: "CVE-2026-18571", Text: "an account that creates users may add them to any group", Source: "keycloak/keycloak#51378",
		Severe: true, use: OneGroup, fixed: []string{"v26.6.7", "v26.7.3"},
	},
	{
		ID: "CVE-2026-94000", Text: "an account with manage-users may join groups with an administrator's role", Source: "keycloak/keycloak#53060",
		use: WholeRealm, fixed: []string{"v26.8.1"},
	},
}

// Of returns the advisories about a release, such as 26.7.3, that concern its uses. It reports
// false if the release is not a version that can be compared.
func Of(release string, uses ...Use) (all []Advisory, known bool) {
	v := "v" + release
	if !semver.IsValid(v) || semver.Prerelease(v) != "" {
		return nil, false
	}
	for _, a := range advisories {
		if (a.use == Any || slices.Contains(uses, a.use)) && !a.isFixed(v) {
			all = append(all, a)
		}
	}
	return all, true
}

func (a Advisory) isFixed(v string) bool {
	last := a.fixed[len(a.fixed)-1]
	if semver.Compare(semver.MajorMinor(v), semver.MajorMinor(last)) > 0 {
		return true
	}
	return slices.ContainsFunc(a.fixed, func(f string) bool {
		return semver.MajorMinor(f) == semver.MajorMinor(v) && semver.Compare(v, f) >= 0
	})
}
