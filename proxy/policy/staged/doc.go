// Package staged is the gate before a tenant goes live: a decorator of protocol.Service.
//
// A tenant whose file says staged answers reads, and writes of canaries. Other writes are 429 with
// Retry-After, because identity providers repeat them later; a 403 would make some of them stop the
// whole job. The tenant is live when the store has the proof of a green canary for the attributes
// that its file requires. The proof says where each of them lives. If one lives elsewhere later,
// because the realm's user profile has changed, the gate raises an alarm and, if configured, holds
// writes again.
//
// The gate decides; it sends nothing to Keycloak. Package canary makes the proof.
package staged
