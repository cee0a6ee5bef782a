package meter

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrFull means that the running requests hold as many bytes as they may. A later retry can
// succeed.
var ErrFull = errors.New("meter: the running requests hold as much memory as they may")

// spare is how many bytes of each request are not counted, so that small requests are served while
// large ones are refused.
const spare = 1 << 20

// callerShare divides the limit: the requests of one caller may hold limit/callerShare bytes
// together.
const callerShare = 4

// Meter counts the bytes of all requests of a process. It is safe for concurrent use.
type Meter struct {
	limit int64

	mu      sync.Mutex
	held    int64
	callers map[string]int64 // bytes by caller, without callers that hold none
}

// New returns a meter with a limit in bytes.
func New(limit int64) *Meter { return &Meter{limit: limit, callers: map[string]int64{}} }

// Held returns how many bytes are taken now.
func (m *Meter) Held() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held
}

// add takes n bytes for a caller, or gives them back if n is negative. It reports whether the
// limits allow it.
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

// Share counts the bytes of one request.
type Share struct {
	meter  *Meter
	mu     sync.Mutex
	caller string
	used   int64 // including the spare bytes
	held   int64 // without them
	ended  bool  // nothing is counted after the end
}

// For sets the caller of a request. It must run before the first Take.
func For(ctx context.Context, caller string) {
	if s, ok := ctx.Value(key{}).(*Share); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.caller = caller
	}
}

// Caller returns the caller of the request of a context, or "" if there is none.
func Caller(ctx context.Context) string {
	s, ok := ctx.Value(key{}).(*Share)
	if !ok {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.caller
}

// set changes the number of used bytes, and holds those above the spare ones. It reports whether
// the limits allow it. The caller holds the lock.
func (s *Share) set(used int64) bool {
	held := max(used-spare, 0)
	if !s.meter.add(s.caller, held-s.held) {
		return false
	}
	s.used, s.held = used, held
	return true
}

type key struct{}

// With adds a share to a context. The caller must call End at the end of the request.
func (m *Meter) With(ctx context.Context) (context.Context, *Share) {
	s := &Share{meter: m}
	return context.WithValue(ctx, key{}, s), s
}

// End gives all bytes back.
func (s *Share) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(0)
	s.ended = true
}

// Take takes n bytes, or takes none and fails with ErrFull. A context without a share has no limit.
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

// Give gives back n bytes that were taken with the same context.
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
