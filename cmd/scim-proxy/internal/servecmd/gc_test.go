package servecmd

import (
	"math"
	"runtime/debug"
	"testing"
)

// The environment comes before the settings of the program.
func TestTuneGC(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	for _, row := range []struct {
		gogc, memory string
		percent      int
		limit        int64
	}{
		{"", "", gcPercent, 2<<30 + gcSpare},
		{"50", "", 100, 2<<30 + gcSpare},
		{"", "1GiB", gcPercent, math.MaxInt64},
	} {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
		t.Setenv("GOGC", row.gogc)
		t.Setenv("GOMEMLIMIT", row.memory)
		tuneGC(1 << 30)
		if p, l := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); p != row.percent || l != row.limit {
			t.Errorf("GOGC=%s GOMEMLIMIT=%s: %d%% and %d", row.gogc, row.memory, p, l)
		}
	}
}
