package proxy

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
)

// factsAge is how old what is known of a realm may be; older facts are read again by the next request, and used where that fails.
const factsAge = time.Minute

type factsCache struct {
	mu     sync.Mutex
	facts  *profile.Profile
	loaded time.Time
	group  singleflight.Group
}

// get returns what is known of the realm. Concurrent readings collapse into one, which no single caller can cancel.
func (c *factsCache) get(ctx context.Context, p *parts, cred keycloak.Credential) (*profile.Profile, error) {
	c.mu.Lock()
	known, age := c.facts, p.now().Sub(c.loaded)
	c.mu.Unlock()
	if known != nil && age < factsAge {
		return known, nil
	}
	if !cred.IsServiceAccount() && known == nil {
		return c.load(ctx, p, cred) // a stranger's token must not answer for another caller
	}
	done := c.group.DoChan("", func() (any, error) { return c.load(context.WithoutCancel(ctx), p, cred) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		fresh, _ := r.Val.(*profile.Profile)
		if r.Err != nil && known != nil {
			return known, nil
		}
		return fresh, r.Err
	}
}

// load reads the facts anew. A caller who may not read them gets what is known, or the stock ones, and changes nothing for others.
func (c *factsCache) load(ctx context.Context, p *parts, cred keycloak.Credential) (*profile.Profile, error) {
	f, err := keycloak.LoadProfile(ctx, p.client, p.realm, cred)
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, keycloak.ErrUnreadable) {
		if c.facts != nil {
			return c.facts, nil
		}
		return profile.Stock(), nil
	}
	if err != nil {
		return nil, err
	}
	c.facts, c.loaded = f, p.now()
	return f, nil
}
