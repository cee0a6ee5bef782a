// Package simulate sends an identity provider's documented requests to any SCIM URL: probe,
// match, create, update, group push, deactivate, reactivate, delete. It checks every end state by
// GET, reading the answer as plain JSON, and removes everything that it created.
//
// It must not know the proxy, so that a run against another SCIM server shows what would fail
// there.
package simulate
