package tenantfile

import (
	"fmt"
	"slices"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/edit"
)

// Change changes the text of a file. t is what the text says.
type Change func(text []byte, t config.Tenant) ([]byte, error)

// AddToken adds a token. Its key id must be new.
func AddToken(token config.Token) Change {
	return func(text []byte, t config.Tenant) ([]byte, error) {
		if at := keyAt(t, token.ID); at >= 0 {
			return nil, fmt.Errorf("there is a key %s already: choose another id", token.ID)
		}
		return edit.Append(text, "tokens", TokenText(token))
	}
}

// SetExpiry sets the time from which a token is refused, in whole seconds. The zero time means
// never.
func SetExpiry(keyID string, at time.Time) Change {
	return func(text []byte, t config.Tenant) ([]byte, error) {
		i := keyAt(t, keyID)
		switch {
		case i < 0:
			return nil, noKey(t, keyID)
		case at.IsZero():
			return edit.DropIn(text, "tokens", i, "expires")
		}
		return edit.PutIn(text, "tokens", i, "expires", dateText(at))
	}
}

// RemoveToken removes a token.
func RemoveToken(keyID string) Change {
	return func(text []byte, t config.Tenant) ([]byte, error) {
		i := keyAt(t, keyID)
		if i < 0 {
			return nil, noKey(t, keyID)
		}
		return edit.Remove(text, "tokens", i)
	}
}

// Set sets a key at the top level: text, a number, a boolean, a list of them, or a section as a
// value of config, such as config.Rate. A nil value removes the key, so that it has its default.
// Comments inside a section or list that is replaced are lost.
func Set(key string, value any) Change {
	return func(text []byte, _ config.Tenant) ([]byte, error) {
		if value == nil {
			return edit.Drop(text, key)
		}
		return edit.Put(text, key, valueText(value))
	}
}

func keyAt(t config.Tenant, id string) int {
	return slices.IndexFunc(t.Tokens, func(k config.Token) bool { return k.ID == id })
}

func noKey(t config.Tenant, id string) error {
	return fmt.Errorf("the tenant %s has no key %s", t.Tenant, id)
}
