// Package scopes has the places where resources live: the realms of Keycloak, and their scopes.
//
//	Realms  has one Realm per Keycloak realm, and bounds those that no tenant is configured for
//	Realm   has what all ways into a realm share: its user profile, and its pool for bulk requests
//	Scope   is a whole realm, or one group of it: records, locks, indexes and the key of cursors
//
// It knows neither tenants nor the order of the layers that work on a scope.
package scopes
