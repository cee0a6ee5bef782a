package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

func TestOnlyTheCallersDeadlineIsVisible(t *testing.T) {
	driver := fmt.Errorf("dial: %w", context.DeadlineExceeded) // a time-out of the driver
	over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, c := range map[string]struct {
		ctx                context.Context
		deadline, canceled bool
	}{
		"running":             {t.Context(), false, false},
		"expired":             {over, true, false},
		"canceled":            {gone, false, true},
		"socket before timer": {lagging{t.Context()}, true, false},
	} {
		err := fmt.Errorf("above: %w", store.Unavailable(c.ctx, "redis load", driver))
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) != c.deadline || errors.Is(err, context.Canceled) != c.canceled {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(err.Error(), "redis load: dial: ") {
			t.Errorf("%s: the log misses the cause: %v", name, err)
		}
	}
}

// lagging is a context whose deadline has passed before its timer has fired.
type lagging struct{ context.Context }

func (lagging) Deadline() (time.Time, bool) { return time.Now(), true }
