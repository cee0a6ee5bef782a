package admission

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/tokens"
)

const (
	// Age is how long Keycloak's answer to a token is kept. Every drop-in request needs one.
	Age = 30 * time.Second
	// StrangeRealms bounds the realms that are kept in memory before their keys were read. A caller
	// can add one with any name.
	StrangeRealms = 1_000
	// StrangePerSecond bounds how often the keys of realms that are not known to exist are read.
	StrangePerSecond = 5
	// StrangeBurst is how many of them may be read at once.
	StrangeBurst = 20
	// answers bounds the kept answers. A caller needs a valid token for each.
	answers = 10_000
	// MostRealms bounds the realms that are kept in memory after their keys were read. A realm may
	// appear under several names, because some databases ignore letter case.
	MostRealms = 10_000
)

// Options are the dependencies of an Admitter.
type Options struct {
	// Keys and Issuer read the public keys and the issuer of a realm.
	Keys   func(ctx context.Context, realm string) ([]byte, error)
	Issuer func(ctx context.Context, realm string) (string, error)
	// Permitted asks Keycloak whether a token's bearer may use the realm's SCIM API. An error with
	// status 401 or 403 means no; other errors mean that Keycloak did not decide.
	Permitted func(ctx context.Context, realm, token string) error
	// Configured reports whether a realm has a tenant, so that it is known to exist.
	Configured func(realm string) bool
	// Accepted keeps the names of realms in which a token was accepted, for the next start.
	Accepted store.Space
	Now      func() time.Time
}

// Admitter decides about bearers of tokens. It is safe for concurrent use.
type Admitter struct {
	o        Options
	admitted *lru.Cache[[sha256.Size]byte, answer]
	flights  singleflight.Group

	mu       sync.Mutex
	realms   map[string]*realm          // realms whose keys were read
	strange  *lru.Cache[string, *realm] // other realms
	newcomer *rate.Limiter              // of reading the keys of realms that are not known to exist
}

// realm has the verifier of a realm.
type realm struct {
	name     string
	verifier *tokens.Verifier
	accepted atomic.Bool // its name is in Options.Accepted
}

// answer is Keycloak's answer to a token.
type answer struct {
	at      time.Time
	claims  tokens.Claims
	refused error // 401 or 403
}

// New makes an Admitter. It sends no request.
func New(o Options) *Admitter {
	a := &Admitter{o: o, realms: map[string]*realm{}, newcomer: rate.NewLimiter(StrangePerSecond, StrangeBurst)}
	a.admitted, _ = lru.New[[sha256.Size]byte, answer](answers) // the only error is a size below 1
	a.strange, _ = lru.New[string, *realm](StrangeRealms)
	return a
}

// Admit returns the bearer's claims if Keycloak accepts the token, or has accepted it at most Age
// ago. Concurrent calls with one token cause one request. Errors are SCIM errors, or the context's;
// 401 does not tell which check failed.
func (a *Admitter) Admit(ctx context.Context, name, token string) (tokens.Claims, error) {
	key := sha256.Sum256([]byte(name + "\x00" + token))
	if known, ok := a.admitted.Get(key); ok && a.fresh(known) {
		return known.claims, known.refused
	}
	r := a.realm(name)
	done := a.flights.DoChan(string(key[:]), func() (any, error) { return a.ask(context.WithoutCancel(ctx), r, token, key) })
	select {
	case <-ctx.Done():
		return tokens.Claims{}, ctx.Err()
	case outcome := <-done:
		if outcome.Err != nil {
			return tokens.Claims{}, outcome.Err
		}
		known, _ := outcome.Val.(answer)
		return known.claims, known.refused
	}
}

// fresh reports whether the answer is younger than Age and the token has not expired.
func (a *Admitter) fresh(known answer) bool {
	now := a.o.Now()
	return now.Sub(known.at) < Age && now.Before(known.claims.Expires)
}

func (a *Admitter) ask(ctx context.Context, r *realm, token string, key [sha256.Size]byte) (answer, error) {
	claims, err := r.verifier.Verify(ctx, token)
	if errors.Is(err, tokens.ErrNotTried) {
		return answer{}, scim.Unavailable("a realm that was not used before", err)
	}
	if errors.Is(err, tokens.ErrInvalid) {
		return answer{}, &scim.Error{Status: 401, Detail: "the bearer token is not valid here", Cause: err}
	}
	if err != nil {
		return answer{}, err
	}
	known := answer{at: a.o.Now(), claims: claims}
	if err := a.o.Permitted(ctx, r.name, token); err != nil {
		if status := scim.Status(err); status != 401 && status != 403 {
			return answer{}, err
		}
		known.refused = err
	} else if r.accepted.CompareAndSwap(false, true) {
		_, _ = a.o.Accepted.Save(ctx, r.name, store.Record{}) // ignored: on a conflict it is there already, and without it only the next start is slower
	}
	a.admitted.Add(key, known)
	return known, nil
}

// realm returns the realm of a name, which need not exist.
func (a *Admitter) realm(name string) *realm {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.realms[name]; ok {
		return r
	}
	if r, ok := a.strange.Get(name); ok {
		return r
	}
	source := tokens.Source{
		Keys: func(ctx context.Context) ([]byte, error) {
			if !a.known(ctx, name) && !a.newcomer.AllowN(a.o.Now(), 1) {
				return nil, fmt.Errorf("%w: too many requests for realms that were not used before", tokens.ErrNotTried)
			}
			keys, err := a.o.Keys(ctx, name)
			if err == nil {
				a.exists(name)
			}
			return keys, err
		},
		Issuer: func(ctx context.Context) (string, error) { return a.o.Issuer(ctx, name) },
	}
	r := &realm{name: name, verifier: tokens.NewVerifier(name, source, a.o.Now)}
	a.strange.Add(name, r)
	return r
}

// known reports whether the realm is known to exist: its keys were read, it has a tenant, or a
// token was accepted in it before the start. These realms are not limited, so that many invented
// names do not lock out the callers of real realms after a restart.
func (a *Admitter) known(ctx context.Context, name string) bool {
	a.mu.Lock()
	_, known := a.realms[name]
	a.mu.Unlock()
	if known || a.o.Configured(name) {
		return true
	}
	found, err := a.o.Accepted.Load(ctx, name)
	return err == nil && len(found) > 0
}

// exists moves a realm whose keys were read to realms.
func (a *Admitter) exists(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.strange.Peek(name); ok && len(a.realms) < MostRealms {
		a.realms[name] = r
		a.strange.Remove(name)
	}
}
