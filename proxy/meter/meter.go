// Package meter bounds the bytes that all requests under way hold at the same time.
//
// A request has a Share, which travels in its context. Whoever is about to hold something large takes bytes from it and gives them back, or
// leaves that to the end of the request. If the sum over all requests is above the limit, Take fails and the request is refused with 503
// instead of all requests being killed with the process. What is small and bounded by itself, such as a page of narrow rows, is not
// counted.
//
// It must not know layers, HTTP or SCIM.
package meter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// ErrFull says that the requests under way hold as many bytes as they may. Trying again later helps.
var ErrFull = errors.New("meter: the requests under way hold as much memory as they may")

// Meter is the bound of a process. It is safe for concurrent use.
type Meter struct {
	limit int64
	held  atomic.Int64
}

// New makes a meter of limit bytes.
func New(limit int64) *Meter { return &Meter{limit: limit} }

// Held is how many bytes are taken now.
func (m *Meter) Held() int64 { return m.held.Load() }

// Share is what one request holds.
type Share struct {
	meter *Meter
	mu    sync.Mutex
	held  int64
	ended bool // nothing is counted for a request that is over
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
	s.meter.held.Add(-s.held)
	s.held, s.ended = 0, true
}

// Take takes n bytes, or fails with ErrFull and takes none. A context without a share has no bound.
func Take(ctx context.Context, n int) error {
	s, ok := ctx.Value(key{}).(*Share)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	if now := s.meter.held.Add(int64(n)); now > s.meter.limit {
		s.meter.held.Add(-int64(n))
		return fmt.Errorf("%w: %d of %d bytes, and %d more", ErrFull, now-int64(n), s.meter.limit, n)
	}
	s.held += int64(n)
	return nil
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
		s.held -= int64(n)
		s.meter.held.Add(-int64(n))
	}
}
