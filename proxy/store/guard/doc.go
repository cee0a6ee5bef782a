// Package guard refuses to use a store that is not the one that this process knows and can read,
// and replaces the keys that records are sealed with.
//
// It owns the space "system", which describes the store itself, and the order in which a key is
// replaced. It must not know what records mean, or any engine.
//
// # The system space
//
// Only this package opens it. No tenant's space has this name: those of realms begin with
// "realm.", "pending.", "keys." or "journal.", and the others ("realms", "tokens", "live")
// are single words.
//
//	key.<id of the key, hex>   a canary: one for each key that was ever the first
//	stamp                      a random text, in plain, that tells this store from all others
//	schema                     the form of the records, and the release that wrote this, in plain
//	restoring                  only while package backup restores a backup
//
// The first three are written before any other record is. The engine reads the space before
// anything else is done with the store, every two seconds from then on, and when it has connected
// again.
//
// A canary is sealed with its own key and says that records may be sealed with this key ("canary"),
// or that Reseal is about to retire it ("retiring"). A process that still has the key in front
// changes "retiring" back before its next operation. A canary in plain ("retired") says that the
// key is not needed any more.
//
// A store whose canaries do not all open is refused with store.ErrKeys: records under a missing key
// are not found, so look-ups would answer that the resource does not exist. For the same reason a
// process that runs without a new key stops using the store when another process puts this key in
// front.
//
// A store without its stamp came back empty, or is another one. It is refused with store.ErrLost
// until the right one is back or the process is restarted. Two losses are not noticed: an older
// copy of the same store, and a node of a Redis cluster that came back empty, unless it is the node
// with the system space.
//
// A store of a later schema is refused with store.ErrSchema, and one whose restore is not finished
// with store.ErrLost.
//
// # Replacing a key
//
// Every process must be able to read a key before any process writes with it, so a key is rotated
// in this order (docs/operations.md has the same list, and a test compares them):
//
//  1. Add the new key at the end of `keyFiles` of every proxy, and restart them one after the
//     other.
//  2. Move the new key to the front of `keyFiles` of every proxy, and restart them one after the
//     other.
//  3. Run `scim-proxy store reseal` with the `keyFiles` of step 2.
//  4. If it says that the old key may be removed, remove it from `keyFiles` of every proxy, and
//     restart them one after the other.
//
// Two things keep a wrong order from doing harm. A process seals nothing before the canary of its
// first key has been in the store for two seconds; by then every process without this key has seen
// the canary and stopped. And a lock is taken under every key, so that two processes exclude each
// other if their lists have a key in common.
//
// Reseal rewrites each record by its revision, and keeps the revision. So a change that a running
// process makes is never overwritten, and a process that has loaded the record does not meet a
// conflict. Old keys are retired at the very end; until then every list with both keys reads
// everything.
package guard
