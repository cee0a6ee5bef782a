// Package record has the form in which the overlay keeps a resource in the store: the record, its
// index terms, and what of a record counts while Keycloak shows a resource.
//
// It must not know the store, Keycloak or the order of a write: everything here is decided without
// I/O, so that other packages can read records without the overlay.
package record
