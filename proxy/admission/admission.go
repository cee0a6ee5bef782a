// Package admission decides whether the bearer of a Keycloak access token may come in, before
// anything else is done for the request.
//
// The token is verified with the realm's public keys, which costs Keycloak nothing for a forged
// token. Then Keycloak is asked whether the bearer may use the SCIM API at all: its discovery
// answers 403 to a bearer without any role of the administration (measured). The answer is kept for
// Age.
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
	// Age is how long an answer of Keycloak to a token is kept. No drop-in request is answered
	// without one.
	Age = 30 * time.Second
	// StrangeRealms bounds the realms that are remembered before their keys were read: only a name
	// is needed for each.
	StrangeRealms = 1_000
	// StrangePerSecond bounds how often the keys of realms are read in which no token was accepted
	// yet.
	StrangePerSecond = 5
	// StrangeBurst is how many of those may be read at once.
	StrangeBurst = 20
	// answers bounds the answers that are kept; each needs a valid token.
	answers = 10_000
	// MostRealms bounds the realms that are remembered after their keys were read. Only as many
	// names lead to keys as there are realms, but some databases compare names without letter case.
	MostRealms = 10_000
)

// Options say how Keycloak is asked.
type Options struct {
	// Keys and Issuer read what a realm publishes.
	Keys   func(ctx context.Context, realm string) ([]byte, error)
	Issuer func(ctx context.Context, realm string) (string, error)
	// Permitted asks Keycloak whether a token's bearer may use the realm's SCIM API. Only errors with
	// the status 401 and 403 are answers.
	Permitted func(ctx context.Context, realm, token string) error
	// Configured reports whether a realm has a tenant, so that it certainly exists.
	Configured func(realm string) bool
	// Accepted remembers the realms in which a token was ever accepted, for the next start.
	Accepted store.Space
	Now      func() time.Time
}

// Admitter admits bearers of tokens.
type Admitter struct {
	o        Options
	admitted *lru.Cache[[sha256.Size]byte, answer]
	asking   singleflight.Group

	mu       sync.Mutex
	realms   map[string]*realm // those that have keys
	strange  *lru.Cache[string, *realm]
	newcomer *rate.Limiter
}

// realm is what is known of one.
type realm struct {
	name     string
	verifier *tokens.Verifier
	accepted atomic.Bool
}

// answer is what Keycloak said to a token.
type answer struct {
	asked   time.Time
	claims  tokens.Claims
	refused error // 401 or 403
}

// New makes an Admitter. It asks nothing.
func New(o Options) *Admitter {
	a := &Admitter{o: o, realms: map[string]*realm{}, newcomer: rate.NewLimiter(StrangePerSecond, StrangeBurst)}
	a.admitted, _ = lru.New[[sha256.Size]byte, answer](answers) // the only error is a size below 1
	a.strange, _ = lru.New[string, *realm](StrangeRealms)
	return a
}

// Admit returns the bearer's claims if Keycloak accepted the token at most Age ago. Concurrent
// requests with one token ask once. The errors are SCIM errors; 401 does not say what is wrong.
func (a *Admitter) Admit(ctx context.Context, name, token string) (tokens.Claims, error) {
	key := sha256.Sum256([]byte(name + "\x00" + token))
	if known, ok := a.admitted.Get(key); ok && a.fresh(known) {
		return known.claims, known.refused
	}
	r := a.realm(name)
	done := a.asking.DoChan(string(key[:]), func() (any, error) { return a.ask(context.WithoutCancel(ctx), r, token, key) })
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

// fresh reports whether the answer is young enough, and the token has not expired since.
func (a *Admitter) fresh(known answer) bool {
	now := a.o.Now()
	return now.Sub(known.asked) < Age && now.Before(known.claims.Expires)
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
	known := answer{asked: a.o.Now(), claims: claims}
	if err := a.o.Permitted(ctx, r.name, token); err != nil {
		if status := scim.Status(err); status != 401 && status != 403 {
			return answer{}, err
		}
		known.refused = err
	} else if r.accepted.CompareAndSwap(false, true) {
		_, _ = a.o.Accepted.Save(ctx, r.name, store.Record{}) // a conflict means that it is there; without it the next start is slower
	}
	a.admitted.Add(key, known)
	return known, nil
}

// realm finds what is known of a realm, or begins with nothing.
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
				return nil, fmt.Errorf("%w: too many realms that were never used are asked for", tokens.ErrNotTried)
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

// known reports whether the realm is known to exist: it has keys, it has a tenant, or a token was
// accepted in it before the start. A flood of made-up names must not keep the callers of real realms
// out after a restart.
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

// exists keeps a realm that has keys.
func (a *Admitter) exists(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.strange.Peek(name); ok && len(a.realms) < MostRealms {
		a.realms[name] = r
		a.strange.Remove(name)
	}
}
