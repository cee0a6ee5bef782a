package certify

import (
	"slices"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/bulks"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/discover"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/patches"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/profiles"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/providers"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/queries"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/resources"
)

// Profiles are the names of the profiles.
func Profiles() []string {
	return []string{probe.Core, probe.Interop, probe.IPSIEAL1, probe.IPSIEAL2, probe.Entra, probe.Okta}
}

// includes are the profiles that a profile consists of.
var includes = map[string][]string{
	probe.Core:     {probe.Core},
	probe.Interop:  {probe.Core, probe.Interop},
	probe.IPSIEAL1: {probe.Core, probe.Interop, probe.IPSIEAL1},
	probe.IPSIEAL2: {probe.Core, probe.Interop, probe.IPSIEAL1, probe.IPSIEAL2},
	probe.Entra:    {probe.Entra},
	probe.Okta:     {probe.Okta},
}

// All are all requirements, in the order of a run.
func All() []probe.Requirement {
	return slices.Concat(discover.Requirements, resources.Requirements, patches.Requirements, queries.Requirements, bulks.Requirements,
		profiles.Interop, profiles.IPSIE, providers.EntraTests, providers.OktaTests, discover.Last)
}

// Of returns the requirements of profiles. A requirement of the RFCs that the profiles built on
// them turn round is there only if core is named.
func Of(names []string) []probe.Requirement {
	wanted := map[string]bool{}
	for _, name := range names {
		for _, one := range includes[name] {
			wanted[one] = true
		}
	}
	return slices.DeleteFunc(All(), func(r probe.Requirement) bool {
		return !wanted[r.Profile] || r.Superseded && !slices.Contains(names, probe.Core)
	})
}
