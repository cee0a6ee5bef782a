// Package checkcmd has tenant check: it asks Keycloak with the account of each tenant whether the
// tenant has all that it needs.
package checkcmd
