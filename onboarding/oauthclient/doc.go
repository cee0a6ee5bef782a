// Package oauthclient makes, checks and removes the clients by which identity providers get access
// tokens for a tenant (client credentials). Such a client has no right in Keycloak: its tokens are
// good at the tenant's URL only.
package oauthclient
