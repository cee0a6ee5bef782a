package storage

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/store/redis"
)

// Counter returns a counter of the requests of callers, which all proxies that share the store
// have. Without such a store it is nil. It does not depend on the store being the right one.
func Counter(e *guard.Engine) func(ctx context.Context, caller string, perSecond float64, burst int) (time.Duration, error) {
	shared, ok := e.Engine.(*redis.Engine)
	if !ok {
		return nil
	}
	return func(ctx context.Context, caller string, perSecond float64, burst int) (time.Duration, error) {
		return shared.Allow(ctx, "limit."+caller, perSecond, burst)
	}
}
