// Package checklist says how far the set-up of a tenant is: lines that turn green when a provider
// has done a thing, and red with a reason when it has failed.
//
//	Seen    is what entries have shown, and makes the lines  (checklist.go, seen.go, success.go)
//	reason  says in words what failed and what to change     (reason.go)
//	Reader  reads the entries of one tenant as they come     (reader.go)
//
// A line is green as soon as the thing has worked once. A failure after that is shown beside it, as
// its problem, because it does not take back what was proven.
package checklist
