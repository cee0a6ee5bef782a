package tokens

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

// Source reads what a realm publishes.
type Source struct {
	// Keys returns the realm's JSON Web Key Set (RFC 7517).
	Keys func(ctx context.Context) ([]byte, error)
	// Issuer returns the name that the realm gives itself in tokens.
	Issuer func(ctx context.Context) (string, error)
}

// ErrNotTried is what a Source returns if it did not ask for the keys. The next token asks again.
var ErrNotTried = errors.New("tokens: the keys were not asked for")

// KeysAge is how long keys and issuer are used before they are read again. A key that Keycloak deletes meanwhile is refused by Keycloak.
const KeysAge = 5 * time.Minute

// retryAge is how long after a reading the keys are not read again, whatever unknown key a token names.
const retryAge = 10 * time.Second

// keySet is the public keys of a realm, and its issuer.
type keySet struct {
	source Source
	now    func() time.Time
	group  singleflight.Group

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	read    time.Time // of keys
	tried   time.Time
	err     error // of the last try
	name    string
	namedAt time.Time // of name
}

// asked is the key set as one verification asks it. go-oidc hides errors behind a text, so they are kept here.
type asked struct {
	set         *keySet
	unavailable error
}

var errUnknownKey = errors.New("tokens: no key of the realm has the token's key id")

// VerifySignature checks a token with the realm's keys and returns its payload.
func (a *asked) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, algorithms())
	if err != nil {
		return nil, err
	}
	keys, err := a.set.named(ctx, jws.Signatures[0].Header.KeyID)
	if err != nil {
		a.unavailable = err
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errUnknownKey
	}
	return (&oidc.StaticKeySet{PublicKeys: keys}).VerifySignature(ctx, token)
}

var _ oidc.KeySet = (*asked)(nil)

// named returns the signing keys with an id. They are read anew if they are old, or if none has the id.
func (s *keySet) named(ctx context.Context, id string) ([]crypto.PublicKey, error) {
	found, old := s.find(id)
	if len(found) > 0 && !old {
		return found, nil
	}
	done := s.group.DoChan("keys", func() (any, error) { return nil, s.refresh(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		if found, _ = s.find(id); len(found) > 0 {
			return found, nil // an old key serves while new ones cannot be had: Keycloak has the last word
		}
		return nil, r.Err
	}
}

func (s *keySet) find(id string) (found []crypto.PublicKey, old bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.keys {
		if k.KeyID == id && k.Use != "enc" {
			found = append(found, k.Key)
		}
	}
	return found, s.now().Sub(s.read) >= KeysAge
}

// refresh reads the keys, unless that was tried a moment ago. Then it returns the error of that try.
func (s *keySet) refresh(ctx context.Context) error {
	s.mu.Lock()
	if s.now().Sub(s.tried) < retryAge {
		defer s.mu.Unlock()
		return s.err
	}
	s.tried = s.now()
	s.mu.Unlock()
	text, err := s.source.Keys(ctx)
	if errors.Is(err, ErrNotTried) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tried = time.Time{}
		return err
	}
	var set jose.JSONWebKeySet
	if err == nil {
		err = json.Unmarshal(text, &set)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err = err; err == nil {
		s.keys, s.read = slices.DeleteFunc(set.Keys, func(k jose.JSONWebKey) bool { return !k.IsPublic() }), s.now()
	}
	return err
}

// issuer is the realm's own name in tokens. It is read when a signature was right, never for a stranger.
func (s *keySet) issuer(ctx context.Context) (string, error) {
	s.mu.Lock()
	name, fresh := s.name, s.now().Sub(s.namedAt) < KeysAge
	s.mu.Unlock()
	if name != "" && fresh {
		return name, nil
	}
	name, err := s.source.Issuer(ctx)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name, s.namedAt = name, s.now()
	return name, nil
}
