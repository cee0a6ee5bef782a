package storage

import (
	"context"
	"fmt"

	"keycloak-scim-proxy/proxy/store/guard"
)

// Usage returns a function that returns the bytes that the store uses, and the bytes that it may
// use, or 0 if it has no limit: see Usage of the engines.
func Usage(e *guard.Engine) func(ctx context.Context) (size, limit int64, err error) {
	return func(ctx context.Context) (size, limit int64, err error) {
		u, ok := e.Engine.(interface {
			Usage(ctx context.Context) (size, limit int64, err error)
		})
		if !ok {
			return 0, 0, fmt.Errorf("%T has no size", e.Engine)
		}
		return u.Usage(ctx)
	}
}
