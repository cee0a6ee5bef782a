package meter_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/meter"
)

func TestSharesOfOneBound(t *testing.T) {
	m := meter.New(100)
	a, first := m.With(t.Context())
	b, second := m.With(t.Context())
	for _, step := range []struct {
		ctx  context.Context
		n    int
		full bool
	}{{a, 60, false}, {b, 50, true}, {b, 40, false}, {a, 1, true}} {
		if err := meter.Take(step.ctx, step.n); errors.Is(err, meter.ErrFull) != step.full {
			t.Errorf("%d bytes: %v", step.n, err)
		}
	}
	meter.Give(a, 10)
	if err := meter.Take(b, 10); err != nil {
		t.Error(err)
	}
	first.End()
	first.End()
	second.End()
	if m.Held() != 0 {
		t.Errorf("%d bytes are held for nobody", m.Held())
	}
	if err := meter.Take(t.Context(), 1000); err != nil {
		t.Errorf("without a share: %v", err)
	}
}

// A reader takes as bytes come, beyond those that are free.
func TestReader(t *testing.T) {
	m := meter.New(100)
	ctx, share := m.With(t.Context())
	defer share.End()
	b, err := io.ReadAll(meter.Reader(ctx, strings.NewReader(strings.Repeat("x", 50)), 30, 4))
	if err != nil || len(b) != 50 || m.Held() != 80 {
		t.Errorf("%v, %d read, %d held", err, len(b), m.Held())
	}
	if _, err := io.ReadAll(meter.Reader(ctx, strings.NewReader(strings.Repeat("x", 50)), 0, 1)); !errors.Is(err, meter.ErrFull) {
		t.Error(err)
	}
}
