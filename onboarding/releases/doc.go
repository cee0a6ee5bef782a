// Package releases has what is publicly known to be wrong with releases of Keycloak, as far as it
// concerns the proxy. It is data, each entry with its source.
package releases
