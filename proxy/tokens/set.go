package tokens

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"
)

var (
	// ErrUnknown says that no tenant has this token: another secret, another key id or an unknown tenant.
	ErrUnknown = errors.New("tokens: unknown token")
	// ErrExpired says that the token was valid before.
	ErrExpired = errors.New("tokens: expired token")
)

// Entry is one configured token.
type Entry struct {
	// Tenant and KeyID are the names that stand in the token.
	Tenant, KeyID string
	// SHA256 is the hash of the whole token.
	SHA256 [sha256.Size]byte
	// Expires is when the token ends; zero is never.
	Expires time.Time
}

// Set knows all tokens. It is immutable; a reload makes a new one.
type Set struct{ entries map[[2]string]Entry }

// NewSet makes a set; later entries of the same tenant and key id win.
func NewSet(entries []Entry) *Set {
	b := &Set{make(map[[2]string]Entry, len(entries))}
	for _, e := range entries {
		b.entries[[2]string{e.Tenant, e.KeyID}] = e
	}
	return b
}

// Lookup returns the tenant of a token and the id of its key. The error is ErrMalformed, ErrUnknown or
// ErrExpired. Only the holder of a token learns that it has expired: its hash is compared first.
func (b *Set) Lookup(text string, now time.Time) (tenant, keyID string, err error) {
	tenant, keyID, err = Parse(text)
	if err != nil {
		return "", "", err
	}
	// Without an entry the zero hash is compared, so that time does not tell which tenants exist.
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
