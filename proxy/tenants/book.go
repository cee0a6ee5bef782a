package tenants

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"
)

var (
	// ErrUnknown says that nobody has this token: another secret, another key id, or a tenant that there is not.
	ErrUnknown = errors.New("tenants: unknown token")
	// ErrExpired says that the token was right once.
	ErrExpired = errors.New("tenants: expired token")
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

// Book knows all tokens. It is immutable; a reload makes a new one.
type Book struct{ entries map[[2]string]Entry }

// NewBook makes a book; later entries of the same tenant and key id win.
func NewBook(entries []Entry) *Book {
	b := &Book{make(map[[2]string]Entry, len(entries))}
	for _, e := range entries {
		b.entries[[2]string{e.Tenant, e.KeyID}] = e
	}
	return b
}

// Who is the tenant that a token belongs to, and the id of its key. The error is ErrMalformed, ErrUnknown or ErrExpired, and then nobody
// is named. That a token expired is told only to who has it: its hash is compared first.
func (b *Book) Who(text string, now time.Time) (tenant, keyID string, err error) {
	tenant, keyID, err = Parse(text)
	if err != nil {
		return "", "", err
	}
	// Where there is no entry the zero hash is compared, so that time does not tell which tenants there are.
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
