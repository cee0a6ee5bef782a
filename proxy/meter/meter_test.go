package meter_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/meter"
)

const mib = 1 << 20

func TestSharesOfOneBound(t *testing.T) {
	m := meter.New(100 * mib)
	request := func(caller string) (context.Context, *meter.Share) {
		ctx, s := m.With(t.Context())
		meter.For(ctx, caller)
		return ctx, s
	}
	a, first := request("a")
	again, second := request("a")
	b, third := request("b")
	for _, step := range []struct {
		what string
		ctx  context.Context
		n    int
		full bool
	}{
		{"the first MiB is free", a, mib, false},
		{"up to a quarter", a, 20 * mib, false},
		{"two requests of one caller", again, 7 * mib, true},
		{"what is left of the quarter", again, 6 * mib, false},
		{"another caller", b, 26 * mib, false},
	} {
		if err := meter.Take(step.ctx, step.n); errors.Is(err, meter.ErrFull) != step.full {
			t.Errorf("%s: %v", step.what, err)
		}
	}
	if held := m.Held(); held != (20+5+25)*mib {
		t.Errorf("%d MiB held", held/mib)
	}
	for _, name := range []string{"c", "d"} {
		ctx, s := request(name)
		defer s.End()
		if err := meter.Take(ctx, 26*mib); err != nil {
			t.Error(err)
		}
	}
	full, fifth := request("e")
	if err := meter.Take(full, 3*mib); !errors.Is(err, meter.ErrFull) {
		t.Errorf("above the limit: %v", err)
	}
	meter.Give(a, 10*mib)
	if err := meter.Take(full, 3*mib); err != nil {
		t.Error(err)
	}
	for _, s := range []*meter.Share{first, first, second, third, fifth} {
		s.End()
	}
	if err := meter.Take(a, 50*mib); err != nil || m.Held() != 50*mib {
		t.Errorf("%v, %d MiB are held by c and d", err, m.Held()/mib)
	}
	if err := meter.Take(t.Context(), 1000*mib); err != nil {
		t.Errorf("without a share: %v", err)
	}
}

// A reader takes bytes as they arrive.
func TestReader(t *testing.T) {
	m := meter.New(4 * mib)
	ctx, share := m.With(t.Context())
	defer share.End()
	b, err := io.ReadAll(meter.Reader(ctx, strings.NewReader(strings.Repeat("x", 3*mib))))
	if err != nil || len(b) != 3*mib || m.Held() != 2*mib {
		t.Errorf("%v, %d read, %d held", err, len(b), m.Held())
	}
	if _, err := io.ReadAll(meter.Reader(ctx, strings.NewReader(strings.Repeat("x", 3*mib)))); !errors.Is(err, meter.ErrFull) {
		t.Error(err)
	}
}
