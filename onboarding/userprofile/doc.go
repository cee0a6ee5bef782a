// Package userprofile edits the user profile of a realm: which attributes users have, and which of
// them are attributes of SCIM.
package userprofile
