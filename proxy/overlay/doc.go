// Package overlay keeps what Keycloak does not.
//
// Keycloak holds a projection of a resource; the store holds the remainder as pairs (asked, witness), one per leaf: the witness is what
// Keycloak showed right after the write. While Keycloak still shows the witness, a read answers what was asked; once somebody changed
// the value there, Keycloak's is answered. Reads never write: dead pairs are dropped by the next write. What may differ at all is
// said by scim.Holding: a value that Keycloak holds natively and did not take is an error, never kept beside it.
//
// It owns the record format and the index terms. It must not know Keycloak, the store's engines, dialects or HTTP, and it never locks: the
// room above does, and revisions guard what an expired lock would let through.
//
// Failure story. The store is asked before Keycloak is written, so a store that is down refuses the write (503) and nothing has changed.
// If it goes down, or the process is killed, between Keycloak's write and the save:
//   - create: a pending record, keyed by userName or displayName, was saved first. The retry meets Keycloak's 409 and its own pending
//     record, and finishes what was begun: only where the resource was made since, nobody keeps anything for it, and the values
//     that Keycloak holds agree. Until the retry the resource shows only what Keycloak holds.
//   - update: Keycloak's part is done, the kept part is the old one; the caller got an error and its retry sets both.
//   - delete: the resource is gone, its record is left; the retry's 404 removes it, or the sweep does.
package overlay
