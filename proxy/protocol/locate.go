package protocol

import "keycloak-scim-proxy/proxy/scim"

// Location returns the URI of a resource.
func Location(r scim.Ref, base string) string { return base + "/" + r.Type.Endpoint() + "/" + r.ID }
