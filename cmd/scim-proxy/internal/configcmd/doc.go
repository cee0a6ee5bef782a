// Package configcmd has config check, show and schema: they read the configuration and nothing
// else, neither Keycloak nor the store. They print no secret, because the configuration has none.
package configcmd
