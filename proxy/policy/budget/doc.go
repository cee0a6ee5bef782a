// Package budget holds changes that end the access of many users at once: deactivations and deletes
// of users, and members that groups lose.
//
//	Guard    decides about an Effect before anything is done   (guard.go, decide.go)
//	ledger   counts what was spent in a window, each id once   (ledger.go)
//	record   the state of a tenant in the store                (record.go)
//	Status, Release, Close   what an operator does             (operate.go)
//
// A tenant may spend, within a window, the larger of a number and a share. What exceeds that is
// refused with 429, nothing of it is done, and it stays refused until an operator releases the
// guard: otherwise a mistake would be carried out slowly, a budget an hour, because identity
// providers repeat for days. Users whose change was never refused keep their budget meanwhile, so
// that single leavers do not wait for an operator.
//
// # Rules
//
//   - An id counts once in a window, so a repetition, or a delete after a deactivation, is free.
//   - A change counts when it is allowed. If it fails after that, it has used its part of the
//     budget until the window has passed; its repetition is free.
//   - While the guard is released nothing is counted, and a release forgets what was counted and
//     what is held. After its end the budget is whole.
//   - If the store cannot be read or written, destructive changes are 503: a guard that is open
//     whenever the store is down would not protect users. Other changes do not ask the store.
//   - Operators' own changes (undo), the proxy's canary and urgent names are not held.
//
// # State
//
// The state is in the store, so replicas and restarts share it. The record of a tenant has its name
// as id; 16 more records have the groups that lost members (record.go). Each is replaced by compare
// and save. Their size is bounded: a ledger has at most 1,000 users (250 members) that were counted
// and as many that are held. Further ones are counted, but count again when they are repeated, and
// if more are held, the whole budget is. Ids are stored as hashes.
//
// A time of another process, or of a clock that was set back, that is in the future counts as now.
package budget
