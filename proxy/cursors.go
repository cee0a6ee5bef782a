package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/store"
)

// cursorLife is how long a cursor is valid.
const cursorLife = time.Hour

// keyRecord is the id of the record with the key that encrypts the cursors of a scope, so that all
// processes that share the store accept them.
const keyRecord = "cursors"

func (s *scope) cursors(viewer string) listing.Cursors {
	key := func(ctx context.Context) ([]byte, error) { return s.cursorKey.get(ctx, s.spaces.keys) }
	return listing.Cursors{Key: key, Viewer: viewer, Life: cursorLife, Now: s.now}
}

// cursorKey is the key of a scope. It is read once, and created by the process that first needs it.
type cursorKey struct {
	mu  sync.Mutex
	key []byte
}

func (c *cursorKey) get(ctx context.Context, space store.Space) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.key == nil {
		found, err := space.Load(ctx, keyRecord)
		if err != nil {
			return nil, overlay.StoreError(err)
		}
		if r, ok := found[keyRecord]; ok {
			c.key = r.Body
			break
		}
		fresh := make([]byte, 32)
		rand.Read(fresh)
		if _, err := space.Save(ctx, keyRecord, store.Record{Body: fresh}); err != nil && !errors.Is(err, store.ErrConflict) {
			return nil, overlay.StoreError(err)
		}
	}
	return c.key, nil
}
