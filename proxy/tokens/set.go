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
	// ErrRevoked means that the token was valid until it was revoked.
	ErrRevoked = errors.New("tokens: revoked token")
)

// Entry is one configured token.
type Entry struct {
	// Tenant and KeyID are the names in the token.
	Tenant, KeyID string
	// SHA256 is the hash of the whole token.
	SHA256 [sha256.Size]byte
	// Expires is when the token expires; zero means never.
	Expires time.Time
	// Revoked is when the token was or will be revoked; zero means never.
	Revoked time.Time
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

// Lookup returns the tenant of a token and the id of its key. The error is ErrMalformed or
// ErrUnknown, or ErrExpired or ErrRevoked with the tenant and the key. It compares the hash first,
// so that a guess is never taken for a use of a token that was valid once.
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
	case !e.Revoked.IsZero() && !now.Before(e.Revoked):
		return tenant, keyID, ErrRevoked
	case !e.Expires.IsZero() && !now.Before(e.Expires):
		return tenant, keyID, ErrExpired
	}
	return tenant, keyID, nil
}

// Has reports whether there is an entry of a tenant with a key id.
func (b *Set) Has(tenant, keyID string) bool {
	_, known := b.entries[[2]string{tenant, keyID}]
	return known
}
