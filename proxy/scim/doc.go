// Package scim has the types of RFC 7643, RFC 7644 and RFC 9865 and operations on them without side
// effects: schemas, attribute paths, filters, PATCH operations, differences, versions and errors.
// Resources are JSON documents: see package document.
//
// It does not know HTTP, Keycloak or any identity provider, and has no clock. Filters and PATCH
// paths are in one package because their grammars refer to each other: a path contains a filter,
// and a filter contains paths.
package scim
