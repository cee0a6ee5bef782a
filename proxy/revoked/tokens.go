package revoked

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

const (
	// Every is how often the store is read.
	Every = 2 * time.Second
	// stale is the age of the last reading from which on Stale reports it.
	stale = 30 * time.Second
)

// Options say what is followed.
type Options struct {
	Space store.Space
	// Now is the clock.
	Now func() time.Time
	// Failed is called when the space cannot be read, once until that works again.
	Failed func(error)
}

// Tokens are the revoked tokens, as far as they were read. It is safe for concurrent use. A nil
// Tokens has none.
type Tokens struct {
	o     Options
	turn  sync.Mutex // held during a reading; guards last and fails
	last  uint64     // number of the last one that was read
	fails bool

	mu   sync.RWMutex
	all  map[sum]bool
	at   time.Time // of the last reading, first that of New
	lost error     // of the last reading
}

// New makes a Tokens without any. It does nothing before Run.
func New(o Options) *Tokens { return &Tokens{o: o, all: map[sum]bool{}, at: o.Now()} }

// Has reports whether a token is revoked. It does no I/O.
func (t *Tokens) Has(token string) bool {
	if t == nil {
		return false
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.all) > 0 && t.all[sha256.Sum256([]byte(token))]
}

// Stale returns why the space cannot be read, if it was not read for 30 seconds. Until it can be
// read again, a token that was revoked meanwhile is accepted if a file names it.
func (t *Tokens) Stale() error {
	if t == nil {
		return nil
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.o.Now().Sub(t.at) < stale {
		return nil
	}
	return t.lost
}

// Read reads what is new. It takes Every at most.
func (t *Tokens) Read(ctx context.Context) {
	if t == nil {
		return
	}
	t.turn.Lock()
	defer t.turn.Unlock()
	ctx, cancel := context.WithTimeout(ctx, Every)
	defer cancel()
	err := t.follow(ctx)
	t.mu.Lock()
	if t.lost = err; err == nil {
		t.at = t.o.Now()
	}
	t.mu.Unlock()
	if err != nil && !t.fails {
		t.o.Failed(err)
	}
	t.fails = err != nil
}

// follow reads the last one again and those that follow it, or all of them if it is gone.
func (t *Tokens) follow(ctx context.Context) error {
	found := false
	each := func(number uint64, r store.Record) {
		found = found || number == t.last
		t.last = max(t.last, number)
		if one, err := decode(r); err == nil {
			t.mu.Lock()
			t.all[one] = true
			t.mu.Unlock()
		}
	}
	known := t.last
	if err := read(ctx, t.o.Space, max(known, 1)-1, each); err != nil || found || known == 0 {
		return err
	}
	t.last = 0
	return read(ctx, t.o.Space, 0, each)
}

// Run reads the space until the context ends.
func (t *Tokens) Run(ctx context.Context) {
	if t == nil {
		return
	}
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.Read(ctx)
		}
	}
}
