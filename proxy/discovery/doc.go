// Package discovery makes the discovery documents (RFC 7643 sections 5 to 7, RFC 7644 section 4):
// the ServiceProviderConfig from the Capabilities of the topmost layer, schemas and resource types
// from scim.Schemas. So the proxy advertises what it does.
//
// It does not know the layers, Keycloak or HTTP.
package discovery
