package scopes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"keycloak-scim-proxy/proxy/cursorkey"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/overlay/identity"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/store"
)

// Scope is a set of resources with common records: a whole realm, or one group of it. All ways into
// it share its records, locks and cursor key.
type Scope struct {
	*Realm
	Spaces Spaces
	// Journal has what writes did; nil: nothing is recorded.
	Journal *journal.Log
	// Identities is nil for a whole realm.
	Identities *identity.Index
	lockTime   time.Duration
	cursorKey  cursorkey.Key
	terms      *kept.Completion
	idle       bool // no way in uses it, so its index is not completed; guarded by Realms.mu
}

// Spaces has the spaces of a scope. Records that do not belong to a resource have their own spaces,
// so that an id in a request cannot name them.
type Spaces struct{ Records, Pending, Keys, Journal store.Space }

// spacesOf opens the spaces of a scope. The name of a space begins with its kind, so that spaces of
// different kinds cannot have the same name.
func spacesOf(e store.Engine, scope string) Spaces {
	return Spaces{e.Open("realm." + scope), e.Open("pending." + scope), e.Open("keys." + scope), e.Open(journal.SpacePrefix + scope)}
}

// nameOf returns the name of a scope in the store. A tenant that is confined to a group has its own
// scope, so that it shares no value and no lock with another tenant. A realm's name has no slash.
func nameOf(realm, group string) string {
	if group == "" {
		return realm
	}
	return realm + "/" + group
}

// lockSpare is how much longer a lock lasts than a request and a write whose result was lost.
const lockSpare = 30 * time.Second

// longKey is the longest name of a lock that is not hashed, because stores limit the length of
// keys.
const longKey = 256

// Lock waits for the lock of a key, which excludes all ways into the scope, and returns the
// function that releases it. It fails if the context ends before, or with the store's error.
func (s *Scope) Lock(ctx context.Context, key string) (func(), error) {
	if len(key) > longKey {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:])
	}
	return s.Spaces.Records.Lock(ctx, key, s.lockTime)
}

// cursorLife is how long a cursor is valid.
const cursorLife = time.Hour

// Cursors are those of a viewer: no other viewer can use them.
func (s *Scope) Cursors(viewer string) listing.Cursors {
	key := func(ctx context.Context) ([]byte, error) { return s.cursorKey.In(ctx, s.Spaces.Keys) }
	return listing.Cursors{Key: key, Viewer: viewer, Life: cursorLife, Now: s.Now}
}

// Index answers queries of a caller from the records of the scope. p is the profile that the
// caller's layers use: the stock profile stands for one that could not be read.
func (s *Scope) Index(c directory.Capabilities, p *profile.Profile) kept.Index {
	return kept.Index{Records: s.Spaces.Records, Capabilities: c, Profiled: p != s.Profiles.Stock(), Complete: s.terms.Complete}
}
