// Package tenantgroup is the group of a realm that a tenant is confined to: its pool, its members,
// and its organization, as the tenant's account sees them by the Admin REST API.
//
// The groups of the tenant are the child groups of its group. The account cannot create a group, so
// an administrator makes a pool of them. A free one has a reserved name: see Free. One of the pool
// may have a note: see Group.SetNote. What a SCIM client sees of all this is decided in package
// confined.
//
// Failures. An account that cannot see its own group, or that sees more than it, is a fault. A
// change without an answer keeps the pool locked until it can no longer take effect: see
// Group.InPool. The level of the pool and the shared users are what the last read has shown.
package tenantgroup
