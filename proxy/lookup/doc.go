// Package lookup puts the two indexes of a scope together, in the terms of listing: that of the
// values that only the store has (overlay/kept), and that of all identities (overlay/identity).
//
// Only a scope that is confined to a group has the latter, because every query of its account is
// slow. In a whole realm a query costs Keycloak no more than a read.
package lookup
