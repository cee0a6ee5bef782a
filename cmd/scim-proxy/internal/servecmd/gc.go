package servecmd

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to four times what is in use before a collection. With Go's 100,
	// a small heap is collected so often that it takes a fifth of the processor time of a GET.
	gcPercent = 300
	// gcSpare is about what the process has besides the memory of requests (limits.memory).
	gcSpare = 64 << 20
)

// tuneGC trades a few MiB for processor time. Above twice limits.memory, the heap is collected as
// often as with Go's default, so that large requests need no more memory. GOGC and GOMEMLIMIT in
// the environment come first.
func tuneGC(memory int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2*memory + gcSpare)
	}
}
