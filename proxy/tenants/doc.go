// Package tenants says which tenant an opaque token belongs to.
//
// A token is kscim_<tenant>_<key id>_<secret><checksum>: 256 random bits in base 62 and a CRC-32 of everything before it, so that secret scanners
// recognise tokens and a typing mistake is told apart without a look-up. Only its SHA-256 is configured. Looking a token up is one map access
// and one constant-time comparison, for a tenant that does not exist as well.
//
// It must not know rooms, Keycloak, configuration files or HTTP.
package tenants
