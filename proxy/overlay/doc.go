// Package overlay keeps the attributes that Keycloak does not store.
//
// The store has one record per resource, with an override for each leaf that Keycloak shows
// differently than requested. An override has the requested value and the observed one, which
// Keycloak showed right after the write. While Keycloak still shows the observed value, a read
// returns the requested one; if it shows another value, that value was changed in Keycloak and is
// returned. Reads never write: the next write drops overrides that no longer apply.
// directory.Placement says which attributes may differ; if Keycloak does not accept the value of a
// native attribute, the write fails.
//
// Package record has the record format and the index terms, package kept what is read of all
// records together. The overlay does not know Keycloak, the engines of the store, dialects or HTTP.
// It takes no locks: the layer above does, and revisions detect concurrent writes after a lock has
// expired.
//
// Failures: the store is used before Keycloak is changed. If it is down, the write is refused (503)
// and nothing has changed. A record that is too large is refused before Keycloak is changed too
// (413). If the store goes down between Keycloak's change and the save, the change is undone: a new
// resource is deleted, an update is reversed. If that fails too, or the process is killed:
//   - create: a pending record with everything to be kept was saved first, keyed by type, userName
//     or displayName, caller and content. The step that saves the record deletes it. The retry gets
//     Keycloak's 409, finds the pending record and finishes the create, but only if the resource
//     was created since, has no record, and Keycloak's values agree. Until then the resource shows
//     only the attributes in Keycloak.
//   - update: Keycloak has the new values and the record the old ones. The error says so, and the
//     caller's retry sets both.
//   - delete: the resource is gone and its record is left. The retry removes it if the 404 is
//     proven (scim.IsGone); otherwise the sweep does.
package overlay
