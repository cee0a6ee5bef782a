// Package oauthcmd is the part of `scim-proxy tenant` that sets the OAuth client of an identity
// provider up.
package oauthcmd
