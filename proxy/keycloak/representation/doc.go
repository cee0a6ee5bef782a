// Package representation reads users as Keycloak's Admin REST API shows them, and decides when that
// API may be asked for the values of users.
//
// The Admin REST API shows the values of a user for a fraction of the work that the SCIM API needs,
// but it does not show everything that the SCIM API shows, and it shows what the SCIM API hides (of
// an administrator). So the SCIM API says which users a page has, in which order, and what is cheap
// there; the values of the user profile are added from the Admin REST API.
package representation
