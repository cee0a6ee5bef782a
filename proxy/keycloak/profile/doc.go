// Package profile decides, by the user profile of a realm, which attributes of a SCIM resource
// Keycloak stores, which values their validators accept, and the smallest native requests that
// write and read them.
//
// It is pure: it works on documents and resources, and does no I/O. Package keycloak sends the
// requests.
package profile
