package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"keycloak-scim-proxy/proxy/admission"
	"keycloak-scim-proxy/proxy/cursorkey"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/oauth"
	"keycloak-scim-proxy/proxy/overlay/identity"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/profilecache"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/tokens"
	"keycloak-scim-proxy/proxy/turns"
)

// realms has one realm per Keycloak realm, shared by all ways into it.
type realms struct {
	client   *keycloak.Client
	engine   store.Engine
	now      func() time.Time
	lockTime time.Duration
	// shared says that other processes may use the store. completed is called after a pass that
	// completes the index of a scope.
	shared    bool
	completed func(space string, lacking int, err error)
	added     chan struct{} // has a value after a scope was added

	mu sync.Mutex
	// configured realms have a tenant. The others have only drop-in callers.
	configured map[string]*realm
	others     *lru.Cache[string, *realm]
}

func newRealms(c *keycloak.Client, e store.Engine, lockTime time.Duration, now func() time.Time) *realms {
	r := &realms{client: c, engine: e, now: now, lockTime: lockTime, added: make(chan struct{}, 1), configured: map[string]*realm{}}
	r.others, _ = lru.New[string, *realm](admission.MostRealms) // the only error is a size below 1
	return r
}

// scope returns the scope of a realm, or of a group of it. tenant is true if it belongs to a
// tenant.
func (r *realms) scope(name, group string, tenant bool) *scope {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.configured[name]
	if !ok {
		found, ok = r.others.Get(name)
	}
	if !ok {
		found = &realm{name: name, client: r.client, pool: turns.New(bulkSlots), now: r.now, scopes: map[string]*scope{}, profiles: profilecache.New(r.client, name, r.now)}
		found.verifier = oauth.NewVerifier(name, r.client, r.now)
	}
	if tenant {
		r.configured[name] = found
		r.others.Remove(name)
	} else if r.configured[name] == nil {
		r.others.Add(name, found)
	}
	s := found.scopes[group]
	if s == nil {
		s = &scope{realm: found, spaces: spacesOf(r.engine, scopeName(name, group)), lockTime: r.lockTime, idle: true}
		s.terms = &kept.Completion{Records: s.spaces.records, Keys: s.spaces.keys, Shared: r.shared, Now: r.now, Report: r.completed}
		if group != "" {
			s.identities = &identity.Index{Records: s.spaces.records, Pending: s.spaces.pending, Now: r.now, Report: func(space string, err error) { r.completed(space, 0, err) }}
		}
		found.scopes[group] = s
	}
	if s.idle {
		s.idle = false
		select {
		case r.added <- struct{}{}:
		default:
		}
	}
	return s
}

// use ends the work in the background for scopes that no tenant has any more, until they are used
// again. They stay, so that a place never has two scopes while requests finish; realms without a
// tenant are bounded.
func (r *realms) use(all []*tenant) {
	used := map[*scope]bool{}
	for _, t := range all {
		used[t.scope] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, one := range r.configured {
		some := false
		for _, s := range one.scopes {
			s.idle = !used[s]
			some = some || used[s]
		}
		if !some {
			delete(r.configured, name)
			r.others.Add(name, one)
		}
	}
}

// bulkSlots is how many operations of all bulk requests of a realm run at the same time.
const bulkSlots = 32

// realm is a Keycloak realm: its client, its user profile, and its pool for bulk requests.
type realm struct {
	name     string
	client   *keycloak.Client
	pool     *turns.Queue
	now      func() time.Time
	scopes   map[string]*scope // by group; guarded by realms.mu
	profiles *profilecache.Cache
	verifier *tokens.Verifier // of access tokens for tenants
}

// profile returns the realm's user profile.
func (r *realm) profile(ctx context.Context, cred keycloak.Credential) (*profile.Profile, error) {
	return r.profiles.Profile(ctx, cred)
}

// directory returns the keycloak.Realm of a credential. All are made here.
func (r *realm) directory(cred keycloak.Credential, p *profile.Profile) *keycloak.Realm {
	return keycloak.NewRealm(r.client, r.name, cred, p)
}

// scope is a set of resources with common records: a whole realm, or one group of it. All ways into
// it share its records, locks and cursor key.
type scope struct {
	*realm
	spaces spaces
	// identities is nil for a whole realm.
	identities *identity.Index
	lockTime   time.Duration
	cursorKey  cursorkey.Key
	terms      *kept.Completion
	idle       bool // no way in uses it, so its index is not completed; guarded by realms.mu
}

// spaces has the spaces of a scope. Records that do not belong to a resource have their own spaces,
// so that an id in a request cannot name them.
type spaces struct{ records, pending, keys store.Space }

// spacesOf opens the spaces of a scope. The name of a space begins with its kind, so that spaces of
// different kinds cannot have the same name.
func spacesOf(e store.Engine, scope string) spaces {
	return spaces{e.Open("realm." + scope), e.Open("pending." + scope), e.Open("keys." + scope)}
}

// scopeName returns the name of a scope in the store. A tenant that is confined to a group has its
// own scope, so that it shares no value and no lock with another tenant. A realm's name has no
// slash.
func scopeName(realm, group string) string {
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

func (s *scope) lock(ctx context.Context, key string) (func(), error) {
	if len(key) > longKey {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:])
	}
	return s.spaces.records.Lock(ctx, key, s.lockTime)
}
