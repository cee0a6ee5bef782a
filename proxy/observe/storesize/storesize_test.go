package storesize_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/proxy/observe/storesize"
)

func TestSize(t *testing.T) {
	now, reads := time.Unix(1000, 0), 0
	var size, limit int64
	var broken error
	r := prometheus.NewRegistry()
	r.MustRegister(storesize.New(func(ctx context.Context) (int64, int64, error) {
		if _, ends := ctx.Deadline(); !ends {
			t.Error("a reading has no deadline")
		}
		reads++
		return size, limit, broken
	}, func() time.Time { return now }))
	for _, step := range []struct {
		name        string
		size, limit int64
		err         error
		after       time.Duration
		want        string
		reads       int
	}{
		{"first", 5, 10, nil, 0, "scim_store_limit_bytes 10\nscim_store_size_bytes 5\n", 1},
		{"within a minute", 6, 10, nil, 59 * time.Second, "scim_store_limit_bytes 10\nscim_store_size_bytes 5\n", 1},
		{"after it", 6, 0, nil, time.Second, "scim_store_size_bytes 6\n", 2},
		{"no answer", 7, 7, errors.New("down"), time.Minute, "", 3},
		{"no answer, within a minute", 7, 7, nil, time.Second, "", 3},
		{"back", 8, 9, nil, time.Minute, "scim_store_limit_bytes 9\nscim_store_size_bytes 8\n", 4},
	} {
		size, limit, broken, now = step.size, step.limit, step.err, now.Add(step.after)
		families, err := r.Gather()
		var got strings.Builder
		for _, f := range families {
			fmt.Fprintf(&got, "%s %v\n", f.GetName(), f.GetMetric()[0].GetGauge().GetValue())
		}
		if err != nil || got.String() != step.want || reads != step.reads {
			t.Errorf("%s: %q after %d reads, %v; want %q after %d", step.name, got.String(), reads, err, step.want, step.reads)
		}
	}
}
