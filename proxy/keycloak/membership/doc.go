// Package membership changes the members of a group natively: in chunks, because the cost of one
// operation grows faster than its members, and so that half a change does not stay.
//
// It decides what is sent in which order and what follows a failure. Package keycloak reads and
// sends.
package membership
