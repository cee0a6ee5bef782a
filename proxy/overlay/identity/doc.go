// Package identity knows all identities of a scope: which resources have a userName, an e-mail
// address, a displayName or an externalId, also those that were not made through the proxy. So "eq"
// that matches no resource is answered without a query of the directory below, which is slow there.
//
// It must not know Keycloak, tenants or listing. The walk over all resources is a function.
//
// # What proves a miss
//
// An Index has the result of one walk in memory, and reads everything newer from the store, which
// all processes share. A value that no resource has is in none of these:
//
//   - the walk: all resources that existed when it began
//   - the terms of pending records: creates that have begun, also of a process that was killed, and
//     values that a write met although the index did not know them (Taken)
//   - the terms of records: everything that was created or changed through any process since. The
//     overlay saves the terms of a change before Keycloak is asked to make it.
//
// Pending records are looked up before records, because a create that ends moves its terms from the
// first to the second. A result is a candidate and must be read and checked: it may be gone, or
// have another value now.
//
// # What remains
//
// A resource that was added or renamed without the proxy after the walk began is missing until the
// next one: at most Life. A walk is not saved and belongs to one process: a process that has
// started knows nothing until its first walk has ended, so nothing can claim to be complete that a
// killed process has left.
//
// # Failure story
//
// If a walk fails, or finds more than Most resources, the last one counts until its Life ends.
// After that the index proves no miss, and the directory below is asked. The next look-up after
// Pause starts the next walk. Without look-ups there is no walk.
package identity
