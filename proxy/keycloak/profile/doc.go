// Package profile decides what Keycloak holds of a SCIM resource, by the user profile of a realm:
// which attributes are mapped, what their validators accept, and the smallest native requests that
// write and read them.
//
// It is pure: it takes documents and resources, and does no I/O. It knows neither credentials nor
// the wire; package keycloak sends what this package yields.
package profile
