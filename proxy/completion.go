package proxy

import (
	"context"
	"maps"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
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

// sweeps are those of parked users. Each scope is swept for its first tenant that parks.
func (p *Proxy) sweeps() (out []leaver.Pass) {
	seen := map[*scope]bool{}
	for _, t := range p.tenants.each() {
		open := func(ctx context.Context) (*keycloak.Realm, *profile.Profile, error) {
			known, err := t.scope.profile(ctx, t.account)
			return t.scope.directory(t.account, known), known, err
		}
		if pass, parks := t.continuity.Pass(open, t.group, p.operator.Swept(t.name)); parks && !seen[t.scope] {
			seen[t.scope] = true
			out = append(out, pass)
		}
	}
	return out
}
