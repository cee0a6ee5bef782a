// Package tenant sets a tenant up in Keycloak: it plans, applies, proves and removes what the
// tenant needs there.
//
// A tenant of a whole realm needs the realm's switches and an account. A tenant of one group also
// needs the group, a pool of free child groups, and permissions that confine its account to them
// (docs/accounts.md has the recipe).
//
// Everything that a tenant needs is a step: it reads what Keycloak has, says what would change, and
// changes it. A plan only reads. Applying it reads again before and after each change, so that an
// interrupted run can be repeated and ends the same.
package tenant
