package scopes

import (
	"maps"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"keycloak-scim-proxy/proxy/admission"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/oauth"
	"keycloak-scim-proxy/proxy/overlay/identity"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/profilecache"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/turns"
)

// Options configure Realms. All but Shared are required.
type Options struct {
	Client *keycloak.Client
	Engine store.Engine
	// Longest is how long a request, and a write whose result was lost, may take together. Locks
	// last longer.
	Longest time.Duration
	// Shared says that other processes may use the store.
	Shared bool
	// Completed is called after a pass that completes the index of a scope.
	Completed func(space string, lacking int, err error)
	// Journal makes the journal of a space; nil: nothing is recorded.
	Journal func(s store.Space) *journal.Log
	Now     func() time.Time
}

// Realms has one Realm per Keycloak realm, shared by all ways into it. It is safe for concurrent
// use.
type Realms struct {
	options Options
	added   chan struct{}

	mu sync.Mutex
	// configured realms have a tenant. The others have only drop-in callers.
	configured map[string]*Realm
	others     *lru.Cache[string, *Realm]
}

// New makes Realms without a realm. It sends no request.
func New(o Options) *Realms {
	r := &Realms{options: o, added: make(chan struct{}, 1), configured: map[string]*Realm{}}
	r.others, _ = lru.New[string, *Realm](admission.MostRealms) // the only error is a size below 1
	return r
}

// Added has a value after a scope was added.
func (r *Realms) Added() <-chan struct{} { return r.added }

// Scope returns the scope of a realm, or of a group of it. tenant is true if it belongs to a
// tenant.
func (r *Realms) Scope(name, group string, tenant bool) *Scope {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.configured[name]
	if !ok {
		found, ok = r.others.Get(name)
	}
	if !ok {
		found = r.realm(name)
	}
	if tenant {
		r.configured[name] = found
		r.others.Remove(name)
	} else if r.configured[name] == nil {
		r.others.Add(name, found)
	}
	s := found.scopes[group]
	if s == nil {
		s = r.scope(found, group)
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

func (r *Realms) realm(name string) *Realm {
	client, now := r.options.Client, r.options.Now
	return &Realm{
		Name: name, Pool: turns.New(bulkSlots), Now: now, Profiles: profilecache.New(client, name, now),
		Verifier: oauth.NewVerifier(name, client, now), client: client, scopes: map[string]*Scope{},
	}
}

func (r *Realms) scope(of *Realm, group string) *Scope {
	o := r.options
	s := &Scope{Realm: of, Spaces: spacesOf(o.Engine, nameOf(of.Name, group)), lockTime: o.Longest + lockSpare, idle: true}
	s.terms = &kept.Completion{Records: s.Spaces.Records, Keys: s.Spaces.Keys, Shared: o.Shared, Now: o.Now, Report: o.Completed}
	if o.Journal != nil {
		s.Journal = o.Journal(s.Spaces.Journal)
	}
	if group != "" {
		s.Identities = &identity.Index{Records: s.Spaces.Records, Pending: s.Spaces.Pending, Now: o.Now, Report: func(space string, err error) { o.Completed(space, 0, err) }}
	}
	return s
}

// Use ends the work in the background for scopes that no tenant has any more, until they are used
// again: all are the scopes of tenants. The others stay, so that a place never has two scopes while
// requests finish; realms without a tenant are bounded.
func (r *Realms) Use(all []*Scope) {
	used := map[*Scope]bool{}
	for _, s := range all {
		used[s] = true
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

// IndexState says whether an index of a realm's scope is complete.
type IndexState struct {
	Realm, Index string // Index is kept or identity
	Complete     bool
}

// Indexes returns the states of the indexes of scopes that tenants use. The state of an index of
// identities that no look-up has used for a while is not known.
func (r *Realms) Indexes() (all []IndexState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, one := range r.configured {
		for _, s := range one.scopes {
			if s.idle {
				continue
			}
			all = append(all, IndexState{name, "kept", s.terms.Complete()})
			if s.Identities == nil {
				continue
			}
			if complete, known := s.Identities.State(); known {
				all = append(all, IndexState{name, "identity", complete})
			}
		}
	}
	return all
}

// Completions returns those of all scopes that are used.
func (r *Realms) Completions() (out []*kept.Completion) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range slices.AppendSeq(r.others.Values(), maps.Values(r.configured)) {
		for _, s := range one.scopes {
			if !s.idle {
				out = append(out, s.terms)
			}
		}
	}
	return out
}

// Journals returns those of all scopes that are known, if there are journals.
func (r *Realms) Journals() (out []*journal.Log) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range slices.AppendSeq(r.others.Values(), maps.Values(r.configured)) {
		for _, s := range one.scopes {
			if s.Journal != nil {
				out = append(out, s.Journal)
			}
		}
	}
	return out
}
