// Package tokens verifies access tokens that a Keycloak realm issued, before anything is done for their bearer.
//
// What can be refused without asking Keycloak (no token at all, expired, another realm's, another audience) is refused first. The realm's
// public keys are read only for tokens that pass these checks, kept for KeysAge, and read again for an unknown key at most once
// in retryAge, so that forged tokens cost Keycloak nothing. A valid token says who the bearer is. What the bearer may do is for Keycloak
// to say.
//
// It must not know layers, HTTP or configuration.
package tokens
