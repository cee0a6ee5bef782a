package proxy

import (
	"maps"
	"slices"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/overlay/kept"
)

// index answers queries of a caller from the records of a scope. p is the profile that the caller's
// layers use: the stock profile stands for one that could not be read.
func (s *scope) index(c directory.Capabilities, p *profile.Profile) kept.Index {
	return kept.Index{Records: s.spaces.records, Capabilities: c, Profiled: p != s.stock, Complete: s.terms.Complete}
}

// completions returns those of all scopes.
func (r *realms) completions() (out []*kept.Completion) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range slices.AppendSeq(r.others.Values(), maps.Values(r.configured)) {
		for _, s := range one.scopes {
			out = append(out, s.terms)
		}
	}
	return out
}

// completed logs a pass over the records of a space, or a walk over the identities of a group, that
// failed.
func (p *Proxy) completed(space string, lacking int, err error) {
	log := p.log.With(zap.String("space", space))
	if lacking > 0 {
		log.Info("records of an earlier release were added to the index of kept attributes", zap.Int("records", lacking))
	}
	if err != nil {
		log.Warn("an index cannot be completed now: filters and look-ups that use it are slow; it is tried again", zap.Error(err))
	}
}
