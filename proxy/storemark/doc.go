// Package storemark checks whether a store is the one that belongs to a Keycloak realm.
//
// A mark in the service account's own user in Keycloak has the stamp of the store. If the store was
// lost while no proxy ran, the new store has another stamp. Without the mark, it would look like a
// new store, and every look-up by a kept attribute would answer that the resource does not exist.
package storemark
