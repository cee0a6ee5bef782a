// Package journal records what the writes of callers did: who asked, what was there before, what
// was asked, and what became of it.
//
//	Entry   one write, and what it is found by             (entry.go, terms.go)
//	Log     the entries of a scope, in its store           (log.go, find.go, prune.go, refuse.go)
//	Notice  what receivers of events learn, and the outbox (notice.go, outbox.go)
//	Action  what an operator did, besides writes           (action.go)
//	Writer  saves what no answer waits for                 (writer.go)
//
// Package journaling sees the writes, and begins and ends their entries.
//
// # Order
//
// A change is saved as an open entry before Keycloak is asked, and the call fails if that is not
// possible. So a process that is killed leaves no change without an entry. The outcome is saved
// after the call, and the answer does not wait for it: an entry whose outcome is lost stays open
// until a journaling.Resolver looks at the resource.
//
// A call has one entry, also if it changes a group and its members. A call that is refused has one
// without values. A call that changes nothing has none.
package journal
