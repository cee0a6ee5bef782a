package profilecache

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
)

// Cache has the user profile of one realm. It is safe for concurrent use.
type Cache struct {
	client *keycloak.Client
	realm  string
	now    func() time.Time
	stock  *profile.Profile
	group  singleflight.Group

	mu         sync.Mutex
	known      *profile.Profile
	loaded     time.Time
	unreadable time.Time // when a service account was last refused the profile
}

// New makes the cache of a realm. It asks nothing before Profile is called.
func New(client *keycloak.Client, realm string, now func() time.Time) *Cache {
	return &Cache{client: client, realm: realm, now: now, stock: profile.Stock()}
}

// Stock is the profile that is used while the realm's cannot be read.
func (c *Cache) Stock() *profile.Profile { return c.stock }

// Age is how long a profile is used. Then the next request reads it again, and uses the old
// one if that fails.
const Age = time.Minute

// Profile returns the realm's user profile. Concurrent calls with service accounts read it once,
// and the end of one caller's context does not cancel that.
func (c *Cache) Profile(ctx context.Context, cred keycloak.Credential) (*profile.Profile, error) {
	c.mu.Lock()
	known, fresh := c.known, c.now().Sub(c.loaded) < Age
	refused := known == nil && cred.IsServiceAccount() && c.now().Sub(c.unreadable) < Age
	c.mu.Unlock()
	switch {
	case known != nil && fresh:
		return known, nil
	case refused:
		return c.stock, nil
	case !cred.IsServiceAccount() && known == nil:
		return c.load(ctx, cred) // not shared, because callers may have different rights
	}
	done := c.group.DoChan("", func() (any, error) { return c.load(context.WithoutCancel(ctx), cred) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case outcome := <-done:
		read, _ := outcome.Val.(*profile.Profile)
		if outcome.Err != nil && known != nil {
			return known, nil
		}
		return read, outcome.Err
	}
}

// load reads the profile. If the credential may not read it, load returns the known or the stock
// one.
func (c *Cache) load(ctx context.Context, cred keycloak.Credential) (*profile.Profile, error) {
	p, err := keycloak.LoadProfile(ctx, c.client, c.realm, cred)
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, keycloak.ErrUnreadable) {
		if cred.IsServiceAccount() {
			c.unreadable = c.now()
		}
		if c.known != nil {
			return c.known, nil
		}
		return c.stock, nil
	}
	if err != nil {
		return nil, err
	}
	if !p.Settled() && c.known != nil && c.known.Settled() { // a group tenant's account may not read the settings
		p = p.WithSettings(c.known.Addressed())
	}
	if p.Settled() || cred.IsServiceAccount() { // others would take part of it for the whole
		c.known, c.loaded = p, c.now()
	}
	return p, nil
}

// Forget lets the next call of Profile read the profile again.
func (c *Cache) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loaded, c.unreadable = time.Time{}, time.Time{}
}
