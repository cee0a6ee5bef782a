package roster

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/tokens"
)

// Set has the tenants and their tokens at one time. It is immutable.
type Set[T any] struct {
	// Configured are the tenants, as they run.
	Configured []config.Tenant
	// Wrong is what is wrong with the files of tenants. Their tenants run as they did before.
	Wrong configfile.Problems

	values  map[string]T
	entries []tokens.Entry
	tokens  *tokens.Set
}

// Of returns the value of a tenant.
func (s *Set[T]) Of(name string) (value T, found bool) {
	value, found = s.values[name]
	return value, found
}

// Lookup returns the value of the tenant of a token, its name and the id of the key. The errors are
// those of tokens.Set; a token that was valid once has its tenant too.
func (s *Set[T]) Lookup(token string, now time.Time) (value T, tenant, keyID string, err error) {
	tenant, keyID, err = s.tokens.Lookup(token, now)
	return s.values[tenant], tenant, keyID, err
}

// Names reports whether a tenant has a key with this id, or had one until its line was taken away.
func (s *Set[T]) Names(tenant, keyID string) bool { return s.tokens.Has(tenant, keyID) }

// Roster has the Set of now. It is safe for concurrent use.
type Roster[T any] struct {
	build func(config.Tenant) T
	clock func() time.Time
	turn  sync.Mutex // held during a reload
	now   atomic.Pointer[Set[T]]
}

// New makes the roster of a configuration. build makes the value of a tenant. An error is a hash of
// a token that is none, which files cannot have.
func New[T any](configured []config.Tenant, build func(config.Tenant) T, clock func() time.Time) (*Roster[T], error) {
	r := &Roster[T]{build: build, clock: clock}
	first, err := r.next(configured, &Set[T]{})
	r.now.Store(first)
	return r, err
}

// Now returns the tenants as they are now.
func (r *Roster[T]) Now() *Set[T] { return r.now.Load() }

// next makes a set. Tenants that are the same as before keep their values.
func (r *Roster[T]) next(configured []config.Tenant, before *Set[T]) (*Set[T], error) {
	s := &Set[T]{Configured: configured, values: map[string]T{}}
	was := map[string]config.Tenant{}
	for _, c := range before.Configured {
		was[c.Tenant] = c
	}
	for _, c := range configured {
		some, err := entries(c)
		if err != nil {
			return nil, err
		}
		s.entries = append(s.entries, some...)
		if old, there := was[c.Tenant]; there && reflect.DeepEqual(old, c) {
			s.values[c.Tenant] = before.values[c.Tenant]
		} else {
			s.values[c.Tenant] = r.build(c)
		}
	}
	s.entries = append(s.entries, r.gone(s, before)...)
	s.tokens = tokens.NewSet(s.entries)
	return s, nil
}

// Change is what a reload has done.
type Change struct {
	// Added, Changed and Removed are the names of tenants.
	Added, Changed, Removed []string
	// Wrong is what is wrong with files now. Mended reports that it is none, and was some before.
	Wrong  configfile.Problems
	Mended bool
}

// Tenants reports whether tenants have changed.
func (c Change) Tenants() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) > 0 }

// Reload reads the files of a directory, and replaces the tenants by theirs. publicURL is that of
// the main file. differs is false if the tenants are the same, and what is wrong too.
func (r *Roster[T]) Reload(dir string, known configfile.Idps, publicURL string) (done Change, differs bool, err error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	before := r.Now()
	configured, wrong := read(dir, known, publicURL, before.Configured)
	if reflect.DeepEqual(configured, before.Configured) && reflect.DeepEqual(wrong, before.Wrong) {
		return Change{Wrong: wrong}, false, nil
	}
	next, err := r.next(configured, before)
	if err != nil {
		return Change{}, false, err
	}
	next.Wrong = wrong
	r.now.Store(next)
	done = compare(before.Configured, configured)
	done.Wrong, done.Mended = wrong, len(wrong) == 0 && len(before.Wrong) > 0
	return done, true, nil
}

func compare(before, now []config.Tenant) (c Change) {
	old := map[string]config.Tenant{}
	for _, t := range before {
		old[t.Tenant] = t
	}
	for _, t := range now {
		switch was, there := old[t.Tenant]; {
		case !there:
			c.Added = append(c.Added, t.Tenant)
		case !reflect.DeepEqual(was, t):
			c.Changed = append(c.Changed, t.Tenant)
		}
		delete(old, t.Tenant)
	}
	for _, t := range before {
		if _, gone := old[t.Tenant]; gone {
			c.Removed = append(c.Removed, t.Tenant)
		}
	}
	return c
}

// Names are those of all tenants.
func (r *Roster[T]) Names() (all []string) {
	for _, c := range r.Now().Configured {
		all = append(all, c.Tenant)
	}
	return all
}
