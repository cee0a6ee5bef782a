// Package directory is the language of the layers between a decoded request and Keycloak: Directory,
// which each layer offers and stands on, what it can be asked, and what it can do.
//
// A layer embeds the Directory below and overrides what it mends. Capabilities therefore rises
// through the layers, and what discovery advertises is what the topmost layer does.
//
// It sees standard SCIM only. Below it there is no PATCH: an Update computes the wanted resource.
package directory
