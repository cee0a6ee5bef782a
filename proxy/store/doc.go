// Package store is the contract for what the proxy keeps because Keycloak does not: records with a
// revision and index terms, and locks.
//
// It owns the interfaces (Engine, Space), the errors that callers tell apart, the limits that every
// engine enforces, and encryption at rest as a decorator (Seal). It must not know SCIM, Keycloak,
// what a record's body means, or any engine. The engines are store/embedded and store/redis,
// store/guard refuses a wrong store, and store/storetest is the suite that all of them pass.
//
//	guard.New(Engine)    refuses to work on a store that is not the one that it can read
//	Seal(Engine, Keys)   optional: bodies AES-256-GCM, terms and lock names HMAC-SHA256
//	   [Engine]          Open(tenant) Space, Spaces
//	   [Space]           Load Find Save SaveAndDelete Rewrite Delete Lock Scan Page
//
// # Revisions
//
// Save compares and swaps on Record.Rev and returns the new revision. A revision is drawn from a
// sequence of the whole space and never comes back. "One more than before" would not do: a record
// that was deleted and created again would reach an old revision a second time, and a writer that
// still holds the old one would overwrite a record that it has never read (the ABA problem). Since
// the caller cannot compute the revision, Save returns it, which also spares the Load before a
// second Save.
//
// # Encryption
//
// Keys come from files; the first key writes, the others only read. A record that was written
// before encryption was turned on stays readable and findable, and is sealed by its next Save, or
// by guard.Engine.Reseal. The documentation of package guard has the order in which a key is
// replaced.
//
// Encryption does not hide record ids (so no personal data belongs in an id), tenant names, sizes,
// times, and on the wire the terms that Find asks for. Whoever can write to the store can still put
// back an older version of the same record, or a plain one unless plain records are refused
// (SealStrictly). Nonces are random: replace a key before it has sealed 2^32 records.
//
// # Failure story
//
// If the store is down, every operation fails with ErrUnavailable within its context and the
// engine's time-outs. Nothing is queued or kept in memory for later, and the engine recovers by
// itself when the store is back.
//
// If the process is killed, a record is there as before or as after, with its terms: Save and
// Delete are atomic for each record, and SaveAndDelete as a whole (except in a Redis cluster). A
// Save that was acknowledged is kept, as far as the engine's own durability goes; each engine's
// documentation says how far.
//
// Two things are left behind. A Save that failed with ErrUnavailable may still have happened,
// because only its answer was lost, so the caller loads again before it decides. A lock of a
// process that died ends with its ttl.
package store
