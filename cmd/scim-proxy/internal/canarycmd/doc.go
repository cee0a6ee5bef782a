// Package canarycmd is the command that lets a running proxy run a canary for a tenant: `tenant
// canary`. It asks the proxy's admin listener, because the proxy has the store open, and because
// the canary must go the way of the tenant's requests. Others use Run for the same.
package canarycmd
