//go:build unix

package proxy

import (
	"syscall"
	"testing"
)

// BenchmarkRequest answers requests with all layers, the embedded store and the log, over an
// instant Keycloak.
func BenchmarkRequest(b *testing.B) {
	for name, request := range requests {
		b.Run(name, func(b *testing.B) {
			over := newBench(b, 100)
			b.ReportAllocs()
			begun := cpu()
			for i := 0; b.Loop(); i++ {
				request(b, over, i)
			}
			b.ReportMetric(float64(cpu()-begun)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpu returns the processor time of the process, in nanoseconds.
func cpu() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}
