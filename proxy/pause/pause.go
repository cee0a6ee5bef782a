// Package pause waits, unless a context ends first. It knows nothing else.
package pause

import (
	"context"
	"time"
)

// For waits until the duration has passed. It returns the error of a context that ends before.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
