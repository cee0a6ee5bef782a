// Package tokens finds out whose a bearer token is.
//
// A tenant's own token is opaque: kscim_<tenant>_<key id>_<secret><checksum>, with 256 random bits in
// base 62 and a CRC-32 of the text before it, so that secret scanners recognise tokens and a typing
// mistake is found without a look-up. Only its SHA-256 is configured. A look-up in a Set is one map
// access and one comparison in constant time, also for a tenant that does not exist.
//
// An access token of a Keycloak realm is checked by a Verifier. What can be refused without asking
// Keycloak (no token at all, expired, another realm's, another audience) is refused first. The
// realm's public keys are read only for tokens that pass these checks, kept for KeysAge, and read
// again for an unknown key at most once in retryAge, so that forged tokens cost Keycloak nothing. A
// valid token says who the bearer is. Keycloak decides what the bearer may do.
//
// It knows neither layers nor HTTP nor configuration.
package tokens
