package proxy

import (
	"context"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/discovery"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
)

// rendered has what discovery shows of a plan. It is made once, and the schemas again when the
// realm's user profile was read again. Capabilities depend on the plan and not on the caller.
type rendered struct {
	once       sync.Once
	advertised directory.Capabilities
	document   scim.Resource

	mu      sync.Mutex
	profile *profile.Profile // of documents; nil without one
	known   bool             // documents are made
	shown   scimhttp.Discovery
}

// make computes the parts that do not depend on the realm's user profile.
func (d *rendered) make(c caller) {
	d.once.Do(func() {
		d.advertised = compose(c, profile.Stock()).Capabilities()
		d.advertised.Bulk, d.advertised.BulkPayload = c.plan.bulk.Operations, int(c.plan.bulk.Payload)
		d.document = discovery.Config(d.advertised)
	})
}

// capabilities returns the capabilities of a caller's layers. They do not depend on the realm's
// user profile.
func (d *rendered) capabilities(c caller) directory.Capabilities {
	d.make(c)
	return d.advertised
}

// config returns the ServiceProviderConfig.
func (d *rendered) config(c caller) scim.Resource {
	d.make(c)
	return d.document
}

// schemas returns the schemas and resource types with the attributes that a profile requires; none
// without a profile.
func (d *rendered) schemas(c caller, p *profile.Profile) scimhttp.Discovery {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known && d.profile == p {
		return d.shown
	}
	can := d.capabilities(c)
	if p != nil {
		can.Required = compose(c, p).Capabilities().Required
	}
	d.profile, d.known = p, true
	d.shown = scimhttp.Discovery{Schemas: discovery.Schemas(c.plan.schemas, can), ResourceTypes: discovery.ResourceTypes(c.plan.schemas, can)}
	return d.shown
}

// discoveryWait is how long discovery waits for the realm's user profile.
const discoveryWait = 2 * time.Second

// profile returns the realm's user profile, nil if it cannot be read.
func (c caller) profile(ctx context.Context) *profile.Profile {
	ctx, cancel := context.WithTimeout(ctx, discoveryWait)
	defer cancel()
	p, err := c.scope.profile(ctx, c.credential)
	if err != nil {
		return nil
	}
	return p
}
