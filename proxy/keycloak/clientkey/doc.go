// Package clientkey has the private keys with which clients of Keycloak sign, instead of a secret
// (private_key_jwt of OpenID Connect; Keycloak's authenticator client-jwt).
//
// A key is RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA), in PEM (PKCS #8) or as a JSON Web Key.
// Its id is the one that Keycloak computes for a certificate or a public key of a client: the
// base64url of the SHA-256 of the public key's SubjectPublicKeyInfo (measured on 26.7.3). So one id
// works however the client in Keycloak holds the public key, unless a JSON Web Key has its own id.
//
// Onboarding uses Generate, PEM, JWKS and Algorithm; the proxy uses Read and Sign. No key is ever
// printed.
package clientkey
