package proxy

import (
	"maps"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/overlay/kept"
)

// index answers queries of a caller from the records of a scope. p is the profile that the caller's
// layers use: the stock profile stands for one that could not be read.
func (s *scope) index(c directory.Capabilities, p *profile.Profile) kept.Index {
	return kept.Index{Records: s.spaces.records, Capabilities: c, Profiled: p != s.profiles.Stock(), Complete: s.terms.Complete}
}

// completions returns those of all scopes that are used.
func (r *realms) completions() (out []*kept.Completion) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range slices.AppendSeq(r.others.Values(), maps.Values(r.configured)) {
		for _, s := range one.scopes {
			if !s.idle {
				out = append(out, s.terms)
			}
		}
	}
	return out
}
