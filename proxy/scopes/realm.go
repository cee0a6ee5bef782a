package scopes

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/profilecache"
	"keycloak-scim-proxy/proxy/tokens"
	"keycloak-scim-proxy/proxy/turns"
)

// bulkSlots is how many operations of all bulk requests of a realm run at the same time.
const bulkSlots = 32

// Realm is a Keycloak realm: its client, its user profile, and its pool for bulk requests.
type Realm struct {
	Name     string
	Pool     *turns.Queue // places for the operations of bulk requests
	Now      func() time.Time
	Profiles *profilecache.Cache
	Verifier *tokens.Verifier // of access tokens for tenants
	client   *keycloak.Client
	scopes   map[string]*Scope // by group; guarded by Realms.mu
}

// Profile returns the realm's user profile.
func (r *Realm) Profile(ctx context.Context, cred keycloak.Credential) (*profile.Profile, error) {
	return r.Profiles.Profile(ctx, cred)
}

// Directory returns the keycloak.Realm of a credential.
func (r *Realm) Directory(cred keycloak.Credential, p *profile.Profile) *keycloak.Realm {
	return keycloak.NewRealm(r.client, r.Name, cred, p)
}
