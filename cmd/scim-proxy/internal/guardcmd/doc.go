// Package guardcmd is the command that shows, releases and closes the guard of a tenant: `guard`.
// It works with the state in the store.
package guardcmd
