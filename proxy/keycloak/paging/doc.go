// Package paging reads pages of Keycloak's SCIM API, and says where a walk over them stands.
//
// A walk must not skip resources during concurrent creates and deletes, as pages by index do
// (measured). Keycloak lists users in the order of `userName gt "…"`, so that a walk over users
// resumes after a userName. It lists groups by bytes, but `displayName gt` ignores letter case, so
// that a walk over groups resumes after an index and the ids of the last rows there; if these rows
// have moved, Behind searches them. Users whose address is shown as their name are walked like
// groups.
package paging
