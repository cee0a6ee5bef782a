// Package cursorkey keeps the key that encrypts the cursors of a scope in the store, so that all
// processes that share the store accept them.
package cursorkey

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/store"
)

// record is the id of the record with the key.
const record = "cursors"

// Key is the key of a scope. It is read once, and created by the process that first needs it. The
// zero value is ready to use.
type Key struct {
	mu  sync.Mutex
	key []byte
}

// In returns the key that a space has.
func (c *Key) In(ctx context.Context, space store.Space) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.key == nil {
		found, err := space.Load(ctx, record)
		if err != nil {
			return nil, overlay.StoreError(err)
		}
		if r, ok := found[record]; ok {
			c.key = r.Body
			break
		}
		fresh := make([]byte, 32)
		rand.Read(fresh)
		if _, err := space.Save(ctx, record, store.Record{Body: fresh}); err != nil && !errors.Is(err, store.ErrConflict) {
			return nil, overlay.StoreError(err)
		}
	}
	return c.key, nil
}
