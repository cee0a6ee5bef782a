// Package doctor examines what an operator can get wrong: the address and the certificates of
// Keycloak, realms, accounts and tokens of tenants, the store, files and listeners.
//
// It changes nothing, except that it probes the store by a write as /readyz does. Checks that do
// not depend on each other run at the same time, a few at once and each with a deadline; the order
// of their findings is always the same. A check that cannot be decided is skipped, with the reason.
// Causes and remedies of accounts are those of package health.
package doctor
