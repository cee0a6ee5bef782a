// Package verify proves that Keycloak itself confines the account of a tenant.
//
// It works in realms in production, with an administrator's session and the account's own access
// token. First it only reads: the account, its roles, and every permission that reaches it must be
// exactly those of the recipe. Then it attacks, with the account's token, decoys that it creates
// for that and removes again, also when it fails or is interrupted. The attacks that it sends to
// anything real are reads and probes, which change nothing (onboarding/attacks).
//
// Decoys are harmless: they are disabled, have no credentials, and the role of those that are
// administrators allows to read the settings of authorization services and nothing else. So a realm
// is not weaker while it is verified: another account that manages all users of the realm could
// make a decoy with the role realm-admin its own.
package verify
