package roster

import (
	"encoding/hex"
	"fmt"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/tokens"
)

// maxGone is how many tokens of a tenant without a line are remembered.
const maxGone = 100

// entries are the tokens of a tenant.
func entries(c config.Tenant) (all []tokens.Entry, err error) {
	for _, k := range c.Tokens {
		e := tokens.Entry{Tenant: c.Tenant, KeyID: k.ID, Expires: k.Expires.Time, Revoked: k.Revoked.Time}
		if n, err := hex.Decode(e.SHA256[:], []byte(k.SHA256)); err != nil || n != len(e.SHA256) {
			return nil, fmt.Errorf("tenant %s: token %s: the SHA-256 is not 64 hex digits", c.Tenant, k.ID)
		}
		all = append(all, e)
	}
	return all, nil
}

// gone returns the tokens whose line was taken away from a tenant, as revoked ones, so that their
// use is still recognised.
func (r *Roster[T]) gone(s, before *Set[T]) (all []tokens.Entry) {
	there, count := map[[2]string]bool{}, map[string]int{}
	for _, e := range s.entries {
		there[[2]string{e.Tenant, e.KeyID}] = true
	}
	for _, e := range before.entries {
		if _, served := s.values[e.Tenant]; !served || there[[2]string{e.Tenant, e.KeyID}] || count[e.Tenant] >= maxGone {
			continue
		}
		count[e.Tenant]++
		now := r.clock()
		expired := !e.Expires.IsZero() && !now.Before(e.Expires)
		if !expired && (e.Revoked.IsZero() || now.Before(e.Revoked)) {
			e.Revoked = now
		}
		all = append(all, e)
	}
	return all
}
