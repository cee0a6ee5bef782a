package proxy

import (
	"context"
	"maps"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/scim"
)

// index answers queries of a caller from the records of a scope. Its methods Find and
// Scan are what listing asks about attributes that only the store has. p is the profile that the
// caller's layers use: the stock profile stands for one that could not be read.
func (s *scope) index(c directory.Capabilities, p *profile.Profile) kept.Index {
	return kept.Index{Records: s.spaces.records, Capabilities: c, Profiled: p != s.profiles.Stock(), Complete: s.terms.Complete}
}

// scanOf is Scan of an index in the terms of listing.
func scanOf(x kept.Index) listing.Scan {
	return func(ctx context.Context, t scim.ResourceType, attrs []scim.AttrPath, after string, visit func(id, name string, values scim.Resource) (bool, error)) (bool, error) {
		return x.Scan(ctx, t, attrs, after, func(r kept.Resource) (bool, error) { return visit(r.ID, r.Name, r.Values) })
	}
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
