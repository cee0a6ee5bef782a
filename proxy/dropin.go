package proxy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/tokens"
)

const (
	// admissionAge is how long an answer of Keycloak to a credential is believed: nothing is answered to a drop-in caller without one.
	admissionAge = 30 * time.Second
	// admissions and strangeRealms bound what is remembered. The first needs a valid token for each entry, the second only a name.
	admissions    = 10_000
	strangeRealms = 1_000
	mostRealms    = 10_000
	// strangePerSecond and strangeBurst bound how often the keys of realms are read in which no token was accepted yet.
	strangePerSecond, strangeBurst = 5, 20
)

// dropInAuthenticator accepts a valid access token of the realm that Keycloak lets use its SCIM API. Keycloak then decides on every call.
type dropInAuthenticator struct {
	p        *Proxy
	plan     plan
	admitted *lru.Cache[[sha256.Size]byte, admission]
	asking   singleflight.Group
	accepted store.Space // the names of realms in which a token was ever accepted

	mu sync.Mutex
	// realms that have keys: those that exist. Only they are remembered without a bound.
	realms   map[string]*dropInRealm
	strange  *lru.Cache[string, *dropInRealm]
	newcomer *rate.Limiter
}

type dropInRealm struct {
	*parts
	verifier *tokens.Verifier
	accepted atomic.Bool
}

// admission is what Keycloak answered to a credential.
type admission struct {
	asked   time.Time
	claims  tokens.Claims
	refused error // 401 or 403
}

func newDropInAuthenticator(p *Proxy) *dropInAuthenticator {
	g := &dropInAuthenticator{p: p, plan: p.plan(), realms: map[string]*dropInRealm{}, newcomer: rate.NewLimiter(strangePerSecond, strangeBurst), accepted: p.engine.Open("realms")}
	g.admitted, _ = lru.New[[sha256.Size]byte, admission](admissions) // the only error is a size below 1
	g.strange, _ = lru.New[string, *dropInRealm](strangeRealms)
	return g
}

var realmName = regexp.MustCompile(`^[^/\\?#%;\x00-\x1f]{1,255}$`)

// Enter makes the session of a realm once the caller is known, before anything else of the request is looked at.
func (g *dropInAuthenticator) Authenticate(r *http.Request, variables map[string]string) (scimhttp.Session, error) {
	name := variables["realm"]
	if !realmName.MatchString(name) || name == "." || name == ".." {
		return scimhttp.Session{}, scim.NoEndpoint()
	}
	token, err := bearer(r)
	if err != nil {
		return scimhttp.Session{}, err
	}
	realm := g.realm(name)
	claims, err := g.admit(r.Context(), realm, token)
	if err != nil {
		return scimhttp.Session{}, err
	}
	l := g.plan
	l.tenant, l.viewer = "realm:"+name, claims.Subject
	s, err := session(r.Context(), realm.parts, l, keycloak.Caller(token))
	s.Base = g.p.public(r) + "/realms/" + url.PathEscape(name) + "/scim/v2"
	return s, err
}

// realm finds what is known of a realm, or begins with nothing.
func (g *dropInAuthenticator) realm(name string) *dropInRealm {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r, ok := g.realms[name]; ok {
		return r
	}
	if r, ok := g.strange.Get(name); ok {
		return r
	}
	source := tokens.Source{
		Keys: func(ctx context.Context) ([]byte, error) {
			if !g.known(ctx, name) && !g.newcomer.AllowN(g.p.now(), 1) {
				return nil, fmt.Errorf("%w: too many realms that nobody has used are asked for", tokens.ErrNotTried)
			}
			keys, err := g.p.client.Keys(ctx, name)
			if err == nil {
				g.exists(name)
			}
			return keys, err
		},
		Issuer: func(ctx context.Context) (string, error) { return g.p.client.Issuer(ctx, name) },
	}
	r := &dropInRealm{parts: g.p.scope(name, scopeOf(name, "")), verifier: tokens.NewVerifier(name, source, g.p.now)}
	g.strange.Add(name, r)
	return r
}

// known reports whether the realm is known to exist: it has keys, it has a tenant, or a token was accepted in it before the start. A flood
// of made-up names must not keep the callers of real ones out after a restart.
func (g *dropInAuthenticator) known(ctx context.Context, name string) bool {
	g.mu.Lock()
	_, known := g.realms[name]
	g.mu.Unlock()
	if known || slices.ContainsFunc(g.p.cfg.Tenants, func(t config.Tenant) bool { return t.Realm == name }) {
		return true
	}
	found, err := g.accepted.Load(ctx, name)
	return err == nil && len(found) > 0
}

// exists keeps a realm that has keys. Strangers can name only as many of those as there are, but some data bases compare names without letter
// case, so there is a bound.
func (g *dropInAuthenticator) exists(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r, ok := g.strange.Peek(name); ok && len(g.realms) < mostRealms {
		g.realms[name] = r
		g.strange.Remove(name)
	}
}

// accept notes that Keycloak has accepted a token for a realm. The store remembers it for the next start.
func (g *dropInAuthenticator) accept(ctx context.Context, r *dropInRealm) {
	if r.accepted.CompareAndSwap(false, true) {
		_, _ = g.accepted.Save(ctx, r.realm, store.Record{}) // a conflict means that it is there; without it the next start is slower
	}
}

// admit returns the bearer's claims if Keycloak accepted the token at most admissionAge ago. Concurrent requests with one token ask once.
func (g *dropInAuthenticator) admit(ctx context.Context, r *dropInRealm, token string) (tokens.Claims, error) {
	key := sha256.Sum256([]byte(r.realm + "\x00" + token))
	if a, ok := g.admitted.Get(key); ok && g.fresh(a) {
		return a.claims, a.refused
	}
	done := g.asking.DoChan(string(key[:]), func() (any, error) { return g.ask(context.WithoutCancel(ctx), r, token, key) })
	select {
	case <-ctx.Done():
		return tokens.Claims{}, ctx.Err()
	case answer := <-done:
		if answer.Err != nil {
			return tokens.Claims{}, answer.Err
		}
		a, _ := answer.Val.(admission)
		return a.claims, a.refused
	}
}

// fresh: the answer is young enough, and the token has not expired since.
func (g *dropInAuthenticator) fresh(a admission) bool {
	now := g.p.now()
	return now.Sub(a.asked) < admissionAge && now.Before(a.claims.Expires)
}

// ask verifies the token here, which costs Keycloak nothing, and then asks Keycloak whether its bearer may use the SCIM API at all: its
// discovery answers 403 to a bearer without any role of the administration (measured).
func (g *dropInAuthenticator) ask(ctx context.Context, r *dropInRealm, token string, key [sha256.Size]byte) (admission, error) {
	claims, err := r.verifier.Verify(ctx, token)
	if errors.Is(err, tokens.ErrNotTried) {
		return admission{}, scim.Unavailable("a realm that was not used before", err)
	}
	if errors.Is(err, tokens.ErrInvalid) {
		return admission{}, &scim.Error{Status: 401, Detail: "the bearer token is not valid here", Cause: err}
	}
	if err != nil {
		return admission{}, err
	}
	a := admission{asked: g.p.now(), claims: claims}
	err = keycloak.NewRealm(r.client, r.realm, keycloak.Caller(token), profile.Stock()).Permitted(ctx)
	if err != nil {
		if status := scim.Status(err); status != http.StatusUnauthorized && status != http.StatusForbidden {
			return admission{}, err
		}
		a.refused = err
	} else {
		g.accept(ctx, r)
	}
	g.admitted.Add(key, a)
	return a, nil
}
