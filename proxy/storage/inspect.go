package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/store/redis"
)

// Errors of Inspect, besides those of package store.
var (
	// ErrInUse means that another process has the embedded file open.
	ErrInUse = embedded.ErrInUse
	// ErrPassword means that Redis refuses the user or the password.
	ErrPassword = redis.ErrPassword
)

// Node is what a server of Redis says of itself.
type Node = redis.Node

// Inspection is what Inspect finds.
type Inspection struct {
	// Stamp is the stamp of the store, or "" if the store is new.
	Stamp string
	// Nodes are the servers of Redis, unless Hidden says why they cannot be asked.
	Nodes  []Node
	Hidden error
}

// Inspect says whether the configured store is the right one and takes a write. It makes no file,
// gives the store no stamp, and announces no key. Parts of the result are there also with an error.
func Inspect(ctx context.Context, s config.Store) (found Inspection, err error) {
	o, err := options(s)
	if err != nil {
		return found, err
	}
	if s.Embedded != nil {
		if info, err := os.Stat(s.Embedded.Path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			if s.ExpectStamp != "" {
				return found, fmt.Errorf("%w: %s does not exist, and store.expectStamp names %s", store.ErrLost, s.Embedded.Path, s.ExpectStamp)
			}
			return found, nil
		}
	}
	engine, err := openEngine(s, shortWait)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	if r, ok := engine.(*redis.Engine); ok {
		found.Nodes, found.Hidden = r.Nodes(ctx)
		if errors.Is(found.Hidden, ErrPassword) {
			return found, found.Hidden
		}
	}
	if found.Stamp, err = guard.Look(ctx, engine, o); err != nil {
		return found, err
	}
	return found, engine.Probe(ctx)
}
