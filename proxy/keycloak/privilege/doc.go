// Package privilege finds out whether an account may do more than its tenant needs.
//
// It has no administrator's credentials. It sends requests with the account's own token that
// Keycloak refuses to an account as docs/accounts.md describes it. They only read, or cannot
// succeed: their values are not valid, or they are about the account's own user, which Keycloak
// protects. docs/keycloak.md has the answer to each, for each right that is too much, and the
// rights that cannot be seen this way.
//
// Failures. A right is reported only if an answer proves it. If Keycloak does not answer a request,
// the rest is asked nevertheless, and the error says that not everything could be decided. What was
// found stays until a later check finds that it is gone.
package privilege
