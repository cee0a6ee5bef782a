// Package writing is the top of the rooms: it turns calls into work of a Directory. It has the only switch over calls and takes the only
// lock, one per resource.
//
// A PATCH is an edit that applies its operations, a PUT is an edit to its body: below this room
// there is no PATCH. Membership is split off first, the last word on an id wins, and goes through
// Join. Required attributes, types and preconditions are checked here. Answers are whole as far as
// they were read: the door cuts them to what is wanted.
//
// It must not know Keycloak, the store, dialects or HTTP.
//
// If the caller's credential is not the proxy's own, the caller must prove that it may write (Options.Prove) before a lock is taken or
// anything is kept.
//
// Failure story. A write is not given up because the caller hung up; its deadline still holds. If a change got no answer it may still take
// effect (scim.Outcome), so the lock is kept for Options.Doubt and no later write is undone by it. A user's write is one Update below. A group's
// write may be an Update and a Join: if the Join fails, the Update is taken back; a group that was just created for it is deleted again.
package writing
