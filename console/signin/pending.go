package signin

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// pendingAge is how long a sign-in may take.
const pendingAge = 10 * time.Minute

// pending is a sign-in that has begun. The browser keeps it, sealed.
type pending struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Back     string    `json:"b"`
	Ends     time.Time `json:"e"`
}

// keyRecord is the id of the record with the key that seals, which all processes share.
const keyRecord = "key"

// sealer seals and opens pending sign-ins. The key is read once.
type sealer struct {
	space store.Space
	mu    sync.Mutex
	aead  cipher.AEAD
}

func (s *sealer) ready(ctx context.Context) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 0; s.aead == nil; n++ {
		found, err := s.space.Load(ctx, keyRecord)
		if err != nil {
			return nil, err
		}
		if r, there := found[keyRecord]; there {
			block, err := aes.NewCipher(r.Body)
			if err == nil {
				s.aead, err = cipher.NewGCMWithRandomNonce(block)
			}
			return s.aead, err
		}
		fresh := make([]byte, 32)
		rand.Read(fresh)
		if _, err := s.space.Save(ctx, keyRecord, store.Record{Body: fresh}); err != nil && (n > tries || !errors.Is(err, store.ErrConflict)) {
			return nil, err
		}
	}
	return s.aead, nil
}

func (s *sealer) seal(ctx context.Context, p pending) (string, error) {
	aead, err := s.ready(ctx)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(p)
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, text, nil)), err
}

// open returns what was sealed. known is false if it was not, or is over.
func (s *sealer) open(ctx context.Context, text string, now time.Time) (p pending, known bool, err error) {
	aead, err := s.ready(ctx)
	if err != nil {
		return p, false, err
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return p, false, nil //nolint:nilerr // it was not sealed here
	}
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil || json.Unmarshal(plain, &p) != nil {
		return pending{}, false, nil //nolint:nilerr // it was not sealed here
	}
	return p, now.Before(p.Ends), nil
}
