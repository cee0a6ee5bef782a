// Package writing is the topmost layer: it turns requests into calls of a Directory. It has the
// only switch over protocol.Call and takes the only lock, one per resource.
//
// A PATCH becomes an edit that applies its operations, and a PUT becomes an edit that returns its
// body, so there is no PATCH below this layer. Changes of members are separated first and go
// through ChangeMembers; if a request names an id several times, the last time wins. Required
// attributes, types and preconditions are checked here. Answers have all attributes that were read;
// package scimhttp reduces them to the projection.
//
// It does not know Keycloak, the store, dialects or HTTP.
//
// If callers use their own credentials, the caller must prove that it may write (Options.Prove)
// before a lock is taken or anything is stored.
//
// Failures: a write continues if the caller disconnects; its deadline still applies. A change that
// was not answered may still take effect (directory.Outcome), so the lock is kept for
// Options.Doubt, and the change cannot undo a later write. A write of a user is one Update below. A
// write of a group may be an Update and a ChangeMembers: if ChangeMembers fails, the Update is
// undone, and a group that was created for it is deleted.
package writing
