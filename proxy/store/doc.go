// Package store is the contract for what the proxy keeps because Keycloak does not: records with a revision and index terms, and locks.
//
// It owns the interfaces (Engine, Space), the errors that callers tell apart, the limits that every engine enforces, and encryption at
// rest as a decorator (Seal). It must not know SCIM, Keycloak, what a record's body means, or any engine. Engines live below it
// (store/embedded, store/redis), and store/storetest is the suite that all of them pass.
//
//	Guard(Engine)        refuses to work on a store that is not the one that it can read
//	Seal(Engine, Keys)   optional: bodies AES-256-GCM, terms and lock names HMAC-SHA256
//	   [Engine]          Open(tenant) Space
//	   [Space]           Load Find Save Delete Lock Scan
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
// Keys come from files; the first key writes, the others only read. To rotate: add the new key at the end everywhere, then move it to
// the front everywhere. The old key stays (see below). A record that was written before encryption was turned
// on stays readable and findable, and is sealed by its next Save. What is not hidden: record ids (so no personal data belongs in an id),
// tenant names, sizes and times, and the terms that Find asks for, on the wire only. Whoever can write to the store can still put back
// an older version of the same record, or a plain one unless plain records are refused (SealStrictly).
// Nonces are random: replace a key before it has sealed 2^32 records. While a rotation is half rolled out, two processes may name the same
// lock differently; revisions still guard the records.
//
// # The system space
//
// The space "system" describes the store itself. Only Guard opens it, and no realm can be called so:
// the spaces of realms have names that begin with "realm.", "pending." or "keys.", and "realms" is the only other one.
//
//	key.<id of the key, hex>   a canary: sealed with that key, one for each key that was ever the first
//	stamp                      a random text, in plain, that tells this store from every other one
//
// Both are written before the first record is. Guard reads the space before anything else is done with
// the store, every two seconds from then on, and when the engine has connected again. A store whose
// canaries do not all open is refused (ErrKeys), because records under a missing key are not found:
// look-ups would answer that nobody is there. So a key that was ever the first must stay among the
// keys, and a process that runs without a new key stops working when another one puts it in front. A
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
