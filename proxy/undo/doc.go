// Package undo takes back what calls did, by the entries of their journal.
//
//	Plan   what would be changed, and what is left alone   (plan.go, state.go, entries.go, steps.go)
//	Do     makes it so, by ordinary calls                  (do.go)
//
// # What is undone
//
// The entries are taken newest first and undone on a copy of each resource: a value that is the
// entry's new one becomes the entry's old one. A value that is neither was changed meanwhile, by
// another program or by a call that is not undone, and stays; the plan names it. So the result does
// not depend on which of the calls is older, and a second undo does nothing.
//
// Do guards each value again under the lock of its resource, so a provider that writes at the same
// time loses nothing.
//
// # What cannot be undone
//
// A user that Keycloak has deleted, and any group, would get another id. A parked or deactivated
// user comes back with its id, its kept attributes and its groups.
package undo
