package rendered

import (
	"sync"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/discovery"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
)

// Tenant is what discovery shows. All callers with one Documents have the same.
type Tenant struct {
	// Capabilities are those of the layers with a user profile.
	Capabilities func(*profile.Profile) directory.Capabilities
	Schemas      scim.Schemas
	Bulk         bulk.Limits
}

// Documents are what discovery shows. They are made once, and the schemas again when the realm's
// user profile was read again. The zero value is ready to use.
type Documents struct {
	once       sync.Once
	advertised directory.Capabilities
	document   scim.Resource

	mu      sync.Mutex
	profile *profile.Profile // of documents; nil without one
	known   bool             // documents are made
	shown   scimhttp.Discovery
}

// make computes the parts that do not depend on the realm's user profile.
func (d *Documents) make(t Tenant) {
	d.once.Do(func() {
		d.advertised = t.Capabilities(profile.Stock())
		d.advertised.Bulk, d.advertised.BulkPayload = t.Bulk.Operations, int(t.Bulk.Payload)
		d.document = discovery.Config(d.advertised)
	})
}

// Advertised returns the capabilities that do not depend on the realm's user profile.
func (d *Documents) Advertised(t Tenant) directory.Capabilities {
	d.make(t)
	return d.advertised
}

// Config returns the ServiceProviderConfig.
func (d *Documents) Config(t Tenant) scim.Resource {
	d.make(t)
	return d.document
}

// Schemas returns the schemas and resource types with the attributes that a profile requires; none
// without a profile.
func (d *Documents) Schemas(t Tenant, p *profile.Profile) scimhttp.Discovery {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known && d.profile == p {
		return d.shown
	}
	can := d.Advertised(t)
	if p != nil {
		can.Required = t.Capabilities(p).Required
	}
	d.profile, d.known = p, true
	d.shown = scimhttp.Discovery{Schemas: discovery.Schemas(t.Schemas, can), ResourceTypes: discovery.ResourceTypes(t.Schemas, can)}
	return d.shown
}
