// Package meter bounds the bytes that all requests under way hold at the same time.
//
// A request has a Share, which travels in its context. Whoever is about to hold something large takes bytes from it and gives them back, or
// leaves that to the end of the request. If the sum over all requests is above the limit, Take fails and the request is refused with 503
// instead of all requests being killed with the process. The first MiB of a request is not counted, and the requests of one caller may hold
// a quarter of the limit together, so that no caller takes the place of all.
//
// It must not know layers, HTTP or SCIM.
package meter

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrFull says that the requests under way hold as many bytes as they may. Trying again later helps.
var ErrFull = errors.New("meter: the requests under way hold as much memory as they may")

// spare is how many bytes of each request are not counted, so that small requests are served while large ones are refused.
const spare = 1 << 20

// callerShare is the part of the limit that the requests of one caller may hold together: one of callerShare parts.
const callerShare = 4

// Meter is the bound of a process. It is safe for concurrent use.
type Meter struct {
	limit int64

	mu      sync.Mutex
	held    int64
	callers map[string]int64 // by name; only of those who hold something
}

// New makes a meter of limit bytes.
func New(limit int64) *Meter { return &Meter{limit: limit, callers: map[string]int64{}} }

// Held is how many bytes are taken now.
func (m *Meter) Held() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held
}

// add takes bytes for a caller, or gives them back if n is negative. It reports whether there was room.
func (m *Meter) add(caller string, n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > 0 && (m.held+n > m.limit || caller != "" && m.callers[caller]+n > m.limit/callerShare) {
		return false
	}
	m.held += n
	if caller == "" {
		return true
	}
	if m.callers[caller] += n; m.callers[caller] <= 0 {
		delete(m.callers, caller)
	}
	return true
}

// Share is what one request holds.
type Share struct {
	meter  *Meter
	mu     sync.Mutex
	caller string
	used   int64 // spare bytes included
	held   int64
	ended  bool // nothing is counted for a request that is over
}

// For says whose request it is, before anything is taken.
func For(ctx context.Context, caller string) {
	if s, ok := ctx.Value(key{}).(*Share); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.caller = caller
	}
}

// set changes what is used, and holds what of it is beyond the spare bytes. It reports whether there was room. The lock is held.
func (s *Share) set(used int64) bool {
	held := max(used-spare, 0)
	if !s.meter.add(s.caller, held-s.held) {
		return false
	}
	s.used, s.held = used, held
	return true
}

type key struct{}

// With gives a context a share. End must be called when the request is over.
func (m *Meter) With(ctx context.Context) (context.Context, *Share) {
	s := &Share{meter: m}
	return context.WithValue(ctx, key{}, s), s
}

// End gives everything back.
func (s *Share) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(0)
	s.ended = true
}

// Take takes n bytes, or fails with ErrFull and takes none. A context without a share has no bound.
func Take(ctx context.Context, n int) error {
	s, ok := ctx.Value(key{}).(*Share)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.set(s.used+int64(n)) {
		return nil
	}
	return fmt.Errorf("%w: %d bytes more", ErrFull, n)
}

// Give gives n bytes back that were taken with the same context.
func Give(ctx context.Context, n int) {
	s, ok := ctx.Value(key{}).(*Share)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.set(max(s.used-int64(n), 0))
	}
}
