// Package confined makes one group of a realm look like a whole directory.
//
// Its Directory works with an account that Keycloak itself confines to the tenant's group: see
// docs/accounts.md. Users are created by the Admin REST API in the tenant's group, because the SCIM
// API refuses creates to such an account. Everything else about a user is a Realm's work.
//
// The group itself, with its pool, is in package tenantgroup. To create a group is to rename a free
// one of the pool. The tenant's group, free groups and the one with the note are never shown.
//
// Failures. Keycloak answers 403 for everything outside the tenant, and the caller gets 404. Such a
// 404 does not prove that the resource is gone (scim.IsGone), so that nothing that is kept for it
// is deleted. If the account cannot see its own group either, the error is a fault. An empty pool
// is 503. A name or an e-mail address that is taken is 409, and the detail does not say which user
// has it.
package confined
