package limit

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"keycloak-scim-proxy/proxy/scim"
)

// Rate has the limits of one caller.
type Rate struct {
	// RequestsPerSecond is the average rate.
	RequestsPerSecond float64
	// Burst is how many requests may come at once after a quiet time.
	Burst int
	// Concurrency is how many requests may run at the same time.
	Concurrency int
}

// Why a request is refused, for the log and the metrics.
const (
	// Often means that the caller sends more requests than its rate.
	Often = "rate"
	// Many means that the caller has too many requests running.
	Many = "concurrency"
)

// Shared counts the requests of a caller for all replicas. It returns how long the caller must wait
// if the request is not allowed, or 0.
type Shared func(ctx context.Context, caller string, perSecond float64, burst int) (wait time.Duration, err error)

// Options are what a Limiter needs.
type Options struct {
	// Shared is nil if no other replica exists.
	Shared Shared
	// Alone is called when Shared stops to answer, with its error, and with nil when it answers
	// again. It may be nil.
	Alone func(err error)
	// Refused is called for each request that is refused, with Often or Many. It may be nil.
	Refused func(ctx context.Context, why string)
	Now     func() time.Time
}

const (
	// callers bounds the callers whose requests are counted. Those who were not seen for the
	// longest time start anew.
	callers = 10_000
	// patience is how long a request waits for the shared counter.
	patience = 250 * time.Millisecond
	// pause is how long the shared counter is not asked after it did not answer.
	pause = 5 * time.Second
	// slowest is the least rate, in requests per second.
	slowest = 0.001
)

// Limiter admits requests. It is safe for concurrent use.
type Limiter struct {
	options Options

	mu     sync.Mutex
	seen   *lru.Cache[string, *caller]
	alone  bool      // the shared counter does not answer
	resume time.Time // when it is asked again
}

// caller has the requests of one caller.
type caller struct {
	of      *Limiter
	running int // guarded by of.mu
	rate    Rate
	spent   *rate.Limiter
}

// New returns a limiter that has seen no request.
func New(o Options) *Limiter {
	l := &Limiter{options: o}
	l.seen, _ = lru.New[string, *caller](callers) // the only error is a size below 1
	return l
}

// Enter admits a request of a caller: leave must be called once at its end. Otherwise it returns
// the error of the answer.
func (l *Limiter) Enter(ctx context.Context, name string, r Rate) (leave func(), err error) {
	r.RequestsPerSecond = max(r.RequestsPerSecond, slowest)
	c, wait, why := l.begin(name, r)
	if why == "" && l.options.Shared != nil {
		if wait = l.ask(ctx, name, r); wait > 0 {
			c.leave()
			why = Often
		}
	}
	if why == "" {
		return c.leave, nil
	}
	if l.options.Refused != nil {
		l.options.Refused(ctx, why)
	}
	return nil, refusal(why, r, wait)
}

// begin counts a request by this process.
func (l *Limiter) begin(name string, r Rate) (c *caller, wait time.Duration, why string) {
	now := l.options.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	c, known := l.seen.Get(name)
	if !known {
		c = &caller{of: l, rate: r, spent: rate.NewLimiter(rate.Limit(r.RequestsPerSecond), r.Burst)}
		l.seen.Add(name, c)
	}
	if c.rate != r { // a reload has changed it
		c.rate = r
		c.spent.SetLimitAt(now, rate.Limit(r.RequestsPerSecond))
		c.spent.SetBurstAt(now, r.Burst)
	}
	if c.running >= r.Concurrency {
		return c, 0, Many
	}
	if !c.spent.AllowN(now, 1) {
		return c, time.Duration((1 - c.spent.TokensAt(now)) / r.RequestsPerSecond * float64(time.Second)), Often
	}
	c.running++
	return c, 0, ""
}

func (c *caller) leave() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.running--
}

// ask asks the shared counter. Without an answer, the request is allowed.
func (l *Limiter) ask(ctx context.Context, name string, r Rate) time.Duration {
	now := l.options.Now()
	l.mu.Lock()
	pausing := l.alone && now.Before(l.resume)
	if l.alone && !pausing {
		l.resume = now.Add(pause) // so that one request at a time finds out
	}
	l.mu.Unlock()
	if pausing {
		return 0
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	wait, err := l.options.Shared(limited, name, r.RequestsPerSecond, r.Burst)
	if err != nil && ctx.Err() != nil {
		return 0 // the request itself has ended
	}
	l.heard(err, now)
	if err != nil {
		return 0
	}
	return wait
}

// heard notes whether the shared counter answered, and reports a change.
func (l *Limiter) heard(err error, now time.Time) {
	l.mu.Lock()
	changed := l.alone != (err != nil)
	if l.alone = err != nil; l.alone {
		l.resume = now.Add(pause)
	}
	l.mu.Unlock()
	if changed && l.options.Alone != nil {
		l.options.Alone(err)
	}
}

// refusal is the error of a request that is not admitted. Retry-After has whole seconds, at least
// 1.
func refusal(why string, r Rate, wait time.Duration) error {
	e := &scim.Error{Status: 429, RetryAfter: max(1, int(math.Ceil(wait.Seconds())))}
	switch why {
	case Many:
		e.Detail = fmt.Sprintf("more than %d requests are running at once, try again", r.Concurrency)
	default:
		e.Detail = fmt.Sprintf("more than %g requests per second, try again", r.RequestsPerSecond)
	}
	return e
}
