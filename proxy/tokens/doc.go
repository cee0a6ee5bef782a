// Package tokens determines who the bearer of a token is.
//
// A tenant's own token is opaque: kscim_<tenant>_<key id>_<secret><checksum>, with 256 random bits
// in base 62 and a CRC-32 of the text before it, so that secret scanners recognise tokens and a
// typing error is detected without a look-up. Only its SHA-256 is configured. A look-up in a Set is
// one map access and one comparison in constant time, also for an unknown tenant.
//
// A Verifier checks the access tokens of a Keycloak realm. It first refuses every text that it can
// refuse without the realm's keys (not a token, expired, another realm, another audience). It reads
// the public keys only for tokens that pass these checks, keeps them for 5 minutes (KeysAge), and
// reads them again for an unknown key id at most every 10 seconds (retryAge), so that forged tokens
// cost Keycloak next to nothing. While they cannot be read, known keys stay in use for an hour
// (KeysLimit). A valid token identifies the bearer; Keycloak decides what the bearer may do. A
// token that a client got for itself can be verified for another audience, such as the URL of a
// tenant (VerifyClient).
//
// This package does not know the layers, HTTP or the configuration.
package tokens
