package storage

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store/guard"
)

// resealWait is how long Reseal waits for running proxies to finish a write and to check the store
// again: a check is at most 2 s old, and a write to Redis ends after three tries of 3 s each.
const resealWait = 15 * time.Second

// Reseal opens the configured store, seals every record with the first key, and retires the other
// keys.
func Reseal(ctx context.Context, s config.Store, o guard.ResealOptions) (guard.Resealed, error) {
	engine, err := Open(ctx, s, zap.NewNop())
	if err != nil {
		return guard.Resealed{}, err
	}
	if s.Redis != nil { // an embedded store has no other users
		o.Wait = resealWait
	}
	out, err := engine.Reseal(ctx, o)
	return out, errors.Join(err, engine.Close())
}
