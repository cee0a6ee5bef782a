package proxy

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/listing"
)

// cursorLife is how long a cursor is valid.
const cursorLife = time.Hour

func (s *scope) cursors(viewer string) listing.Cursors {
	key := func(ctx context.Context) ([]byte, error) { return s.cursorKey.In(ctx, s.spaces.keys) }
	return listing.Cursors{Key: key, Viewer: viewer, Life: cursorLife, Now: s.now}
}
