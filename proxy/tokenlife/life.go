package tokenlife

import (
	"context"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store"
)

// Name names a key.
type Name struct{ Tenant, Key string }

// Key is a key of a tenant that is not revoked.
type Key struct {
	Name
	// Realm is that of the tenant.
	Realm string
	// Expires is when its token expires; zero means never.
	Expires time.Time
}

// KeysOf are the keys of tenants that are not revoked.
func KeysOf(tenants []config.Tenant, now time.Time) (all []Key) {
	for _, c := range tenants {
		for _, k := range c.Tokens {
			if !k.Revoked.Reached(now) {
				all = append(all, Key{Name: Name{Tenant: c.Tenant, Key: k.ID}, Realm: c.Realm, Expires: k.Expires.Time})
			}
		}
	}
	return all
}

// Options say what is followed.
type Options struct {
	// Space has the records.
	Space store.Space
	// Keys returns the keys as they are now.
	Keys func() []Key
	// Now is the clock.
	Now func() time.Time
	// Warn is called before a token expires, and when it has: left is not positive then.
	Warn func(k Key, left time.Duration, used time.Time)
	// Failed is called when uses cannot be read or written, once until that works again.
	Failed func(error)
}

// Life follows tokens. It is safe for concurrent use.
type Life struct {
	Options
	uses  uses
	told  map[Key]int // how many warnings; used by Run only
	fails bool
	wake  chan struct{}
}

// New makes a Life, which does nothing before Run.
func New(o Options) *Life {
	return &Life{Options: o, uses: uses{times: map[Name]time.Time{}, fresh: map[Name]bool{}}, told: map[Key]int{}, wake: make(chan struct{}, 1)}
}

// Wake lets Run look at the keys now, because they may have changed.
func (l *Life) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

const (
	// Every is how often uses are written, and expiries are looked at.
	Every = time.Minute
	// lastWrite is how long the last write may take, after the end.
	lastWrite = 2 * time.Second
)

// Run follows tokens until the context ends. Then it writes what is not written yet.
func (l *Life) Run(ctx context.Context) {
	l.report(l.load(ctx))
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		l.warn()
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			l.report(l.write(last))
			cancel()
			return
		case <-l.wake:
			l.report(l.load(ctx))
		case <-tick.C:
			l.report(l.write(ctx))
		}
	}
}

func (l *Life) report(err error) {
	if err != nil && !l.fails {
		l.Failed(err)
	}
	l.fails = err != nil
}
