// Package kept reads the kept values of all resources of a space, without asking Keycloak: it
// completes the index terms of their records, and it scans their values.
//
// It must not know Keycloak, tenants or listing. Whether an attribute is kept for a caller
// (directory.StoreOnly) is the caller's knowledge.
//
// # Failure story
//
// If the store is down, a pass or scan ends with the store's error. A pass that was stopped
// anywhere leaves records that have their terms and records that do not; the next pass adds the
// rest. Scan changes nothing.
package kept
