package proxy

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/profile"
)

// discoveryWait is how long discovery waits for the realm's user profile.
const discoveryWait = 2 * time.Second

// profile returns the realm's user profile, nil if it cannot be read.
func (c caller) profile(ctx context.Context) *profile.Profile {
	ctx, cancel := context.WithTimeout(ctx, discoveryWait)
	defer cancel()
	p, err := c.scope.Profile(ctx, c.credential)
	if err != nil {
		return nil
	}
	return p
}
