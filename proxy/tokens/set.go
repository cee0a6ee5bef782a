package tokens

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"
)

var (
	// ErrUnknown means that no tenant has this token: the secret, the key id or the tenant is
	// unknown.
	ErrUnknown = errors.New("tokens: unknown token")
	// ErrExpired means that the token was valid until it expired.
	ErrExpired = errors.New("tokens: expired token")
)

// Entry is one configured token.
type Entry struct {
	// Tenant and KeyID are the names in the token.
	Tenant, KeyID string
	// SHA256 is the hash of the whole token.
	SHA256 [sha256.Size]byte
	// Expires is when the token expires; zero means never.
	Expires time.Time
}

// Set is the set of all configured tokens. It is immutable; a reload makes a new one.
type Set struct{ entries map[[2]string]Entry }

// NewSet makes a set. Of entries with the same tenant and key id, the last is used.
func NewSet(entries []Entry) *Set {
	b := &Set{make(map[[2]string]Entry, len(entries))}
	for _, e := range entries {
		b.entries[[2]string{e.Tenant, e.KeyID}] = e
	}
	return b
}

// Lookup returns the tenant of a token and the id of its key. The error is ErrMalformed, ErrUnknown
// or ErrExpired. It compares the hash first, so that only the holder of a token learns that it
// expired.
func (b *Set) Lookup(text string, now time.Time) (tenant, keyID string, err error) {
	tenant, keyID, err = Parse(text)
	if err != nil {
		return "", "", err
	}
	// Without an entry, it compares with the zero hash, so that the time does not show which
	// tenants exist.
	e, known := b.entries[[2]string{tenant, keyID}]
	sum := sha256.Sum256([]byte(text))
	same := subtle.ConstantTimeCompare(sum[:], e.SHA256[:]) == 1
	switch {
	case !known || !same:
		return "", "", ErrUnknown
	case !e.Expires.IsZero() && !now.Before(e.Expires):
		return "", "", ErrExpired
	}
	return tenant, keyID, nil
}
