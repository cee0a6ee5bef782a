package issued

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/tokens"
)

// Lookup returns the tenant of a token and the id of its key. The errors are those of tokens.Set,
// and ErrUnread with its cause, also if the context ends meanwhile. A guess is never taken for a
// token that was valid once: ErrExpired and ErrRevoked come with the tenant and the key. If a file
// has a key of the same id, only the file's is valid.
func (t *Tokens) Lookup(ctx context.Context, text string, now time.Time) (tenant, keyID string, err error) {
	tenant, keyID, err = tokens.Parse(text)
	if err != nil {
		return "", "", err
	}
	place, configured := t.o.Place(tenant)
	if !configured || t.o.Taken(tenant, keyID) {
		return "", "", tokens.ErrUnknown
	}
	k, err := t.of(ctx, tenant)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrUnread, err)
	}
	one, known := find(k.all, keyID)
	want, _ := one.sum() // without a token, zero
	sum := sha256.Sum256([]byte(text))
	same := subtle.ConstantTimeCompare(sum[:], want[:]) == 1
	switch {
	case (!known || !same) && k.wrong != nil:
		return "", "", fmt.Errorf("%w: %w", ErrUnread, k.wrong)
	case !known || !same:
		return "", "", tokens.ErrUnknown
	case one.State(now) == Revoked, one.Place != place:
		return tenant, keyID, tokens.ErrRevoked
	case one.State(now) == Expired:
		return tenant, keyID, tokens.ErrExpired
	case k.wrong != nil && !now.Before(k.good.Add(Stale)):
		return "", "", fmt.Errorf("%w: %w", ErrUnread, k.wrong)
	}
	return tenant, keyID, nil
}
