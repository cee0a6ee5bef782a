// Package permissions reads and writes the fine-grained admin permissions of a realm, and the
// policies that name the users who have them.
package permissions
