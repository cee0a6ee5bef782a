package privilege

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
)

// pause is the least time between two checks that Allow begins because none could decide.
const pause = time.Minute

// Guard remembers whether an account may do more than its tenant needs. It is safe for concurrent
// use.
type Guard struct {
	account *keycloak.Account
	group   string
	now     func() time.Time
	flight  singleflight.Group

	mu      sync.Mutex
	decided bool
	tried   time.Time
	excess  error
}

// New returns the guard of an account that works in a group, or in its whole realm if the group is
// "". New sends no request.
func New(a *keycloak.Account, group string, now func() time.Time) *Guard {
	return &Guard{account: a, group: group, now: now}
}

// Allow returns the fault that the last check found. The first call waits for a check; later calls
// send no request, unless no check could decide for a minute.
func (g *Guard) Allow(ctx context.Context) error {
	g.mu.Lock()
	ask := !g.decided && (g.tried.IsZero() || g.now().Sub(g.tried) >= pause)
	excess := g.excess
	g.mu.Unlock()
	if !ask {
		return excess
	}
	err := g.Check(ctx)
	if _, broken := fault.In(err); broken || ctx.Err() != nil {
		return err
	}
	return nil // undecided: the caller's own requests find out why
}

// Check asks Keycloak what the account may do. It returns a fault if that is too much, and another
// error if it could not decide. Concurrent callers share one check.
func (g *Guard) Check(ctx context.Context) error {
	done := g.flight.DoChan("", func() (any, error) { return nil, g.check(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return ctx.Err()
	case outcome := <-done:
		return outcome.Err
	}
}

func (g *Guard) check(ctx context.Context) error {
	rights, err := observe(ctx, g.account, g.group)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tried = g.now()
	switch {
	case len(rights) > 0:
		g.excess, g.decided = g.account.Fault(fault.Excess, "it may "+strings.Join(rights, "; it may ")), true
		return g.excess
	case err != nil:
		return err
	}
	g.excess, g.decided = nil, true
	return nil
}
