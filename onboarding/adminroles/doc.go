// Package adminroles finds who administers a realm: its roles with an administrator's rights, and
// the groups and users that have them.
package adminroles
