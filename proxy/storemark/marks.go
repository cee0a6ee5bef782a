package storemark

import (
	"context"
	"errors"

	"keycloak-scim-proxy/proxy/store"
)

// Marks are those of tenants that share a store.
type Marks []*Mark

// Match returns an error if a mark names another store, unless another mark names this one: a
// changed mark in one realm stops only that tenant. It ignores marks that cannot be read.
func (all Marks) Match(ctx context.Context) error {
	var lost error
	for _, one := range all {
		err := one.Check(ctx)
		if err == nil && one.Named() {
			return nil
		}
		if errors.Is(err, store.ErrLost) {
			lost = err
		}
	}
	return lost
}
