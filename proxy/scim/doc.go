// Package scim is the vocabulary of RFC 7643, RFC 7644 and RFC 9865, with pure operations over it:
// schemas, attribute paths, filters, PATCH operations, differences, versions and errors. Resources
// are JSON documents: see package document.
//
// It knows neither HTTP nor Keycloak nor any identity provider, and has no clock. Filters and PATCH
// paths are in one package because their grammar is mutually recursive: a path contains a filter, and
// a filter contains paths.
package scim
