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

// Source reads the keys and the issuer of a realm.
type Source struct {
	// Keys returns the realm's JSON Web Key Set (RFC 7517).
	Keys func(ctx context.Context) ([]byte, error)
	// Issuer returns the realm's issuer, as it is in its tokens.
	Issuer func(ctx context.Context) (string, error)
}

// ErrNotTried means that a Source did not request the keys. The next token tries again at once,
// without waiting for retryAge.
var ErrNotTried = errors.New("tokens: the keys were not requested")

// KeysAge is how long keys and issuer are used before they are read again. A token of a key that
// was deleted meanwhile is refused by Keycloak.
const KeysAge = 5 * time.Minute

// KeysLimit is how long keys are used while they cannot be read again.
const KeysLimit = time.Hour

// retryAge is the shortest time between two readings of the keys, also for unknown key ids.
const retryAge = 10 * time.Second

// keySet has the public keys of a realm, and its issuer.
type keySet struct {
	source Source
	now    func() time.Time
	group  singleflight.Group

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	read    time.Time // when keys were read
	tried   time.Time // when reading keys was last tried
	err     error     // of that try
	name    string    // the issuer
	namedAt time.Time // when name was read
	asked   time.Time // when reading name was last tried
	nameErr error     // of that try
}

// lookup is the key set for one verification. It keeps the error of reading the keys, because
// go-oidc turns errors into text.
type lookup struct {
	set         *keySet
	token       *jose.JSONWebSignature // parsed once: most of a flood's cost is parsing
	unavailable error
}

var (
	errUnknownKey = errors.New("tokens: no key of the realm has the token's key id")
	errSignature  = errors.New("tokens: the signature is not that of the key")
)

// VerifySignature checks the token with the realm's keys and returns its payload.
func (l *lookup) VerifySignature(ctx context.Context, _ string) ([]byte, error) {
	keys, err := l.set.named(ctx, l.token.Signatures[0].Header.KeyID)
	if err != nil {
		l.unavailable = err
		return nil, err
	}
	for _, key := range keys {
		if payload, err := l.token.Verify(key); err == nil {
			return payload, nil
		}
	}
	if len(keys) == 0 {
		return nil, errUnknownKey
	}
	return nil, errSignature
}

var _ oidc.KeySet = (*lookup)(nil)

// named returns the signing keys with an id. It reads the keys again if they are older than
// KeysAge, or if none has the id.
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
		if r.Err != nil && s.since() >= KeysLimit {
			return nil, r.Err
		}
		if found, _ = s.find(id); len(found) > 0 {
			return found, nil // if the keys cannot be read, old ones stay in use
		}
		return nil, r.Err
	}
}

// since is how long ago the keys were read.
func (s *keySet) since() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now().Sub(s.read)
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

// refresh reads the keys. If the last try is less than retryAge ago, it returns the error of that
// try.
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

// issuer returns the realm's issuer. If it cannot be read, the one that was read before is used.
func (s *keySet) issuer(ctx context.Context) (string, error) {
	s.mu.Lock()
	name, fresh := s.name, s.now().Sub(s.namedAt) < KeysAge
	s.mu.Unlock()
	if name != "" && fresh {
		return name, nil
	}
	done := s.group.DoChan("issuer", func() (any, error) { return nil, s.askName(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.name != "" {
			return s.name, nil
		}
		return "", r.Err
	}
}

// askName reads the issuer. If the last try is less than retryAge ago, it returns the error of that
// try.
func (s *keySet) askName(ctx context.Context) error {
	s.mu.Lock()
	if s.now().Sub(s.asked) < retryAge {
		defer s.mu.Unlock()
		return s.nameErr
	}
	s.asked = s.now()
	s.mu.Unlock()
	name, err := s.source.Issuer(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nameErr = err; err == nil {
		s.name, s.namedAt = name, s.now()
	}
	return err
}
