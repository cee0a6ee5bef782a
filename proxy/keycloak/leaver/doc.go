// Package leaver decides what a DELETE of a user does: it deletes the user, or parks or deactivates
// it.
//
// A user that was parked or deactivated by a DELETE is a leaver. It stays in Keycloak, disabled,
// and with its links to identity providers, so that a later sign-in meets a disabled account
// instead of making a new one. For SCIM it does not exist: it is 404 by its id, and not in lists,
// totals and filters.
//
// # Where the state lives
//
// Only in Keycloak: a leaver has a placeholder e-mail address, such as
// parked-4b1c…@2026-11-26.leaver.invalid, with the day (UTC) of the DELETE. No store is needed to
// tell leavers from other users, and none can forget them. No client may set such an address.
//
//   - Park: the userName becomes parked-<id>, so name and address are free at once. The user is
//     deleted after some days: see Directory.Sweep.
//   - Deactivate: the userName stays taken. A create with it makes the same user active again.
//
// # Failures
//
// The user is disabled and hidden first. If a later step fails (sign-out, groups), the DELETE is an
// error, and its retry does the rest and is 404. If Keycloak refuses the change, the user is
// deactivated and the error says so. Users of a federation, such as LDAP, are refused: Keycloak
// answers their DELETE with 204 and brings them back (measured).
package leaver
