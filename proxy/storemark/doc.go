// Package storemark checks whether a store is the one that belongs to a Keycloak realm.
//
// A mark in Keycloak has the stamp of the store: an attribute of the service account's own user, or
// of a group of the pool if the account is confined to a group. If the store was lost while no
// proxy ran, the new store has another stamp. Without the mark, it would look like a new store, and
// every look-up by a kept attribute would answer that the resource does not exist.
package storemark
