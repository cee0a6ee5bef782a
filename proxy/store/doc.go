// Package store is the contract for what the proxy keeps because Keycloak does not: records with a revision and index terms, and locks.
//
// It owns the interfaces (Engine, Space), the errors that callers tell apart, the limits that every engine enforces, and encryption at
// rest as a decorator (Seal). It must not know SCIM, Keycloak, what a record's body means, or any engine. Engines live below it
// (store/embedded, store/redis), and store/storetest is the suite that all of them pass.
//
//	Guard(Engine)        refuses to work on a store that is not the one that it can read
//	Seal(Engine, Keys)   optional: bodies AES-256-GCM, terms and lock names HMAC-SHA256
//	   [Engine]          Open(tenant) Space, Spaces
//	   [Space]           Load Find Save Rewrite Delete Lock Scan
//
// # Revisions
//
// Save compares and swaps on Record.Rev and returns the new revision. A revision is drawn from a sequence of the whole space and
// never comes back: it is not "one more than before", because then a record that was deleted and created again would reach an old
// revision a second time, and a writer that still holds the old one would overwrite what it has never read (the ABA problem). Since the
// caller cannot compute it, Save returns it, which also spares the Load before a second Save.
//
// # Encryption
//
// Keys come from files; the first key writes, the others only read. A record that was written before encryption was turned on stays
// readable and findable, and is sealed by its next Save or by Reseal. Not hidden are: record ids (so no personal data belongs in an id),
// tenant names, sizes and times, and the terms that Find asks for, on the wire only. Whoever can write to the store can still put back
// an older version of the same record, or a plain one unless plain records are refused (SealStrictly).
// Nonces are random: replace a key before it has sealed 2^32 records.
//
// Every process must be able to read a key before any process writes with it, so a key is rotated in this order (docs/operations.md has
// the same list, and a test compares them):
//
//  1. Add the new key at the end of `keyFiles` of every proxy, and restart them one after the other.
//  2. Move the new key to the front of `keyFiles` of every proxy, and restart them one after the other.
//  3. Run `scim-proxy store reseal` with the `keyFiles` of step 2.
//  4. If it says that the old key may be removed, remove it from `keyFiles` of every proxy, and restart them
//     one after the other.
//
// Two things keep a wrong order from doing harm. A process seals nothing before the canary of its first key (below) has been in the store
// for two seconds; by then every process without this key has seen the canary and stopped. And a lock is taken under every key, so
// that two processes exclude each other if their lists have a key in common.
//
// Reseal rewrites each record by its revision, and keeps the revision: a change that a running process makes is never overwritten,
// and a running process that has loaded the record does not meet a conflict. It retires old keys at its very end, so until then every
// list that has both keys reads everything.
//
// # The system space
//
// The space "system" describes the store itself. Only Guard opens it, and no realm can be called so:
// the spaces of realms have names that begin with "realm.", "pending." or "keys.", and "realms" is the only other one.
//
//	key.<id of the key, hex>   a canary: one for each key that was ever the first
//	stamp                      a random text, in plain, that tells this store from every other one
//
// A canary is sealed with its own key and says that records may be sealed with it ("canary"), or that Reseal is about to retire it
// ("retiring"); a process that still has the key in front changes that back before its next operation. A canary in plain ("retired") says
// that the key is not needed any more.
//
// Both records are written before any other one is. Guard reads the space before anything else is done with
// the store, every two seconds from then on, and when the engine has connected again. A store whose
// canaries do not all open is refused (ErrKeys), because records under a missing key are not found:
// look-ups would answer that the resource does not exist. So a key that was ever the first must stay among the
// keys until Reseal has retired it, and a process that runs without a new key stops working when another one puts it in front. A
// store that lost its stamp came back empty, or is another one, and is refused (ErrLost) until the
// right one is back or the process is restarted. An older copy of the same store is not found out, nor
// a node of a Redis cluster that came back empty unless it is the one with the system space.
//
// # Failure story
//
// Store down: every operation fails with ErrUnavailable within its context and the engine's time-outs; nothing is queued or kept in
// memory for later, and the engine recovers by itself when the store is back. Killed in the middle: Save and Delete are atomic for each
// record, with its terms, so a record is there as before or as after; a Save that was acknowledged is there afterwards, as far as the
// engine's own durability goes (each engine's doc says how far). What is left behind: a Save that failed with ErrUnavailable may still
// have happened (the answer was lost), so the caller loads again before it decides; a lock of a process that died ends with its ttl.
package store
