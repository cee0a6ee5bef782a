package reach

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/pause"
)

const (
	// failures in a row of the probe open the circuit.
	failures = 2
	// between is the time between two probes, also while the circuit is open.
	between = time.Second
)

// Options of a Circuit.
type Options struct {
	// Probe asks Keycloak for something that concerns no tenant. It returns nil if Keycloak answers,
	// and must end by itself.
	Probe func(ctx context.Context) error
	// Changed is called when the circuit opens, with the error of the probe, and when it closes.
	Changed func(open bool, cause error)
}

// Circuit is open while Keycloak is gone. It is closed at first, and safe for concurrent use.
type Circuit struct {
	o       Options
	breaker circuitbreaker.CircuitBreaker[any]
	answers atomic.Uint64 // requests that Keycloak has answered
	asked   chan struct{} // has a value if a request got no answer since the last probe
	open    atomic.Bool
	cause   error // of the last probe; only Run uses it
}

// New returns a closed Circuit. It stays closed until Run is called.
func New(o Options) *Circuit {
	c := &Circuit{o: o, asked: make(chan struct{}, 1)}
	c.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(failures).WithSuccessThreshold(1).WithDelay(between).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) { c.became(e.NewState != circuitbreaker.ClosedState) }).
		Build()
	return c
}

// became tells the owner whether the circuit is open, if that is news. A half-open circuit lets the
// probe pass and nothing else.
func (c *Circuit) became(open bool) {
	if c.open.Swap(open) != open {
		c.o.Changed(open, c.cause)
	}
}

// Open reports whether Keycloak is gone.
func (c *Circuit) Open() bool { return c.open.Load() }

// Run probes Keycloak when requests get no answer, at most once a second, until the context ends.
func (c *Circuit) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.asked:
		}
		c.settle(ctx)
		if pause.For(ctx, between) != nil {
			return
		}
	}
}

// settle probes until Keycloak answers.
func (c *Circuit) settle(ctx context.Context) {
	for {
		answers := c.answers.Load()
		c.cause = c.o.Probe(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case c.cause == nil || c.answers.Load() != answers: // a slow probe proves nothing while others are answered
			c.breaker.RecordSuccess()
			return
		}
		c.breaker.RecordFailure()
		if pause.For(ctx, max(between, c.breaker.RemainingDelay())) != nil {
			return
		}
		c.breaker.TryAcquirePermit() // an open circuit is half-open from now on
	}
}

// Gone reports whether an answer says that there is no Keycloak behind it now: a reverse proxy that
// does not reach it, or a Keycloak that takes no requests.
func Gone(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// Watch returns a transport whose requests tell the circuit whether Keycloak answers.
func (c *Circuit) Watch(next http.RoundTripper) http.RoundTripper { return watch{next, c} }

type watch struct {
	next http.RoundTripper
	*Circuit
}

// RoundTrip sends a request. A request that its caller has given up says nothing, nor does a fault
// that stays until a person acts.
func (w watch) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(req)
	switch {
	case err == nil && !Gone(res.StatusCode):
		w.answers.Add(1)
	case err != nil && (errors.Is(err, context.Canceled) || fault.OfConnection(err) != ""):
	default:
		select {
		case w.asked <- struct{}{}:
		default:
		}
	}
	return res, err
}
