// Package trial lets the writes of a staged tenant pass within narrow bounds, while the tenant has
// an open invitation: so that a customer sees provisioning work before the tenant is live.
//
//	Trial   decides about calls: a decorator like the gate   (trial.go)
//	Within  a layer that checks members                      (members.go)
//	ledger  what the trial has made, in the store            (ledger.go, doubt.go)
//	Noting  tells about reads                                (noting.go)
//
// A trial creates at most 25 users and 25 groups at a time. It changes and deletes what it has made,
// and nothing else. Members of its groups are its users. All else is 429, as without a trial.
//
// # Ledger
//
// The trial knows what it has made from a record of its own, and not from the journal, so that a
// decision costs one read however busy the journal is, and so that two processes do not exceed the
// bound together: a place is taken in the record before each create. A create whose outcome is lost
// keeps its place, with the id of its request; what became of it is in the journal. Until the journal
// knows it, its resource cannot be changed.
package trial
