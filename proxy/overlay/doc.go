// Package overlay keeps what Keycloak does not.
//
// Keycloak holds a projection of a resource; the store holds the remainder as pairs (asked, witness), one per leaf: the witness is what
// Keycloak showed right after the write. While Keycloak still shows the witness, a read answers what was asked; once somebody changed
// the value there, Keycloak's is answered. Reads never write: dead pairs are dropped by the next write. What may differ at all is
// said by directory.Placement: a value that Keycloak holds natively and did not take is an error, never kept beside it.
//
// It owns the record format and the index terms. It must not know Keycloak, the store's engines, dialects or HTTP, and it never locks: the
// room above does, and revisions guard what an expired lock would let through.
//
// Failure story. The store is asked before Keycloak is written, so a store that is down refuses the write (503) and nothing has changed. What is
// too large to keep is refused then too (413). If the store goes down between Keycloak's write and the save, the write is undone: a new
// resource is deleted again, an update is put back. If that fails too, or the process is killed:
//   - create: a pending record, keyed by userName or displayName, was saved first with all that is to be kept. The retry meets Keycloak's
//     409 and its own pending record, and finishes what was begun: only if the resource was made since, nothing is kept for it, and
//     the values that Keycloak holds agree. Until the retry the resource shows only what Keycloak holds.
//   - update: Keycloak's part is done, the kept part is the old one; the error says so and the caller's retry sets both.
//   - delete: the resource is gone, its record is left; the retry removes it if the 404 is proven (scim.IsGone), or the sweep does.
package overlay
