// Package passthrough passes requests on to Keycloak that are not for its SCIM API, such as sign-in
// pages, tokens and OpenID Connect discovery.
//
// Package scimhttp has normalised the paths before. This package refuses every spelling of
// Keycloak's own SCIM API, and the paths that the operator denies.
package passthrough
