// Package attacks has what the account of a group tenant must not be able to do.
//
// Whoever holds the account's access token is not bound to SCIM: each foreign object is attacked
// through the SCIM API and through the Admin REST API. Keycloak itself must refuse. The attacks are
// data, so that a test and a check of a tenant share one list; the functions send what they are
// given to send with and know no client.
package attacks
