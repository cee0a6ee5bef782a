package trial

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Most is how many resources of a type a trial has at a time, and mostEver how many it makes, with
// those that it has deleted.
const (
	Most     = 25
	mostEver = 250
)

// Options of a Trial.
type Options struct {
	Tenant string
	// Space has the ledger.
	Space store.Space
	// Journal knows what became of creates whose answer was lost.
	Journal *journal.Log
	// Open reports whether the tenant has an open invitation, and since when the trial runs. A trial
	// that runs since a different time is a new one, and has made nothing.
	Open func(ctx context.Context) (since time.Time, open bool, err error)
	// Ended notes that the tenant goes live: Open returns false from then on.
	Ended func(ctx context.Context) error
	// Request returns the id of the request of a context.
	Request func(ctx context.Context) string
	// Doubt is how long a call may take until its outcome is in the journal.
	Doubt time.Duration
	Now   func() time.Time
}

// Trial is that of one tenant. It is safe for concurrent use.
type Trial struct {
	Options

	turn sync.Mutex // of writers of the ledger in this process, who would disturb each other
}

// New makes a Trial. It reads nothing before the first write.
func New(o Options) *Trial { return &Trial{Options: o} }

// mark is a trial under way, in the context of a write.
type mark struct {
	*Trial

	since time.Time
}

type markKey struct{}

// In reports whether a context is that of a write within a trial.
func In(ctx context.Context) bool { return ctx.Value(markKey{}) != nil }

// End ends the trial.
func (t *Trial) End(ctx context.Context) error { return t.Ended(ctx) }

// Do carries out a write within the trial, or refuses it. decided is false if there is no trial.
func (t *Trial) Do(ctx context.Context, c protocol.Call, next protocol.Service) (a protocol.Answer, decided bool, err error) {
	since, open, err := t.Open(ctx)
	switch {
	case err != nil:
		return a, true, scim.Unavailable("the store", err)
	case !open:
		return a, false, nil
	}
	m := mark{t, since}
	ctx = context.WithValue(ctx, markKey{}, m)
	switch c := c.(type) {
	case protocol.Create:
		a, err = m.create(ctx, c, next)
	case protocol.Replace, protocol.Patch, protocol.Delete:
		a, err = m.change(ctx, c, next)
	case protocol.Read, protocol.List, protocol.Restore:
		return a, false, nil
	}
	return a, true, err
}

func (m mark) create(ctx context.Context, c protocol.Create, next protocol.Service) (protocol.Answer, error) {
	p := place{Key: rand.Text(), Request: m.Request(ctx), Type: c.Type, At: m.Now().UTC()}
	if err := m.take(ctx, p); err != nil {
		return protocol.Answer{}, err
	}
	a, err := next.Do(ctx, c)
	switch {
	case err == nil:
		m.settle(ctx, p, a.Made.ID)
	case refused(err):
		m.settle(ctx, p, "")
	}
	return a, err
}

// refused reports whether a create has left nothing behind.
func refused(err error) bool {
	status := scim.Status(err)
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError && !scim.AsError(err).Remains
}

func (m mark) change(ctx context.Context, c protocol.Call, next protocol.Service) (protocol.Answer, error) {
	ref := protocol.Target(c)
	made, err := m.made(ctx, ref.Type, ref.ID)
	switch {
	case err != nil:
		return protocol.Answer{}, err
	case !made:
		return protocol.Answer{}, m.held("the %s %s is not one that was created since the set-up began, so it is not changed before the tenant is live", ref.Type, ref.ID)
	}
	a, err := next.Do(ctx, c)
	if _, deletes := c.(protocol.Delete); deletes && (err == nil || scim.IsGone(err)) {
		m.gone(ctx, ref)
	}
	return a, err
}

// retryAfter is how many seconds a held write should wait, as those of a staged tenant.
const retryAfter = 300

// held answers a write that may be repeated later. Nothing was done.
func (m mark) held(format string, args ...any) error {
	e := scim.Fail(http.StatusTooManyRequests, "", "The tenant "+m.Tenant+" is being set up: "+format, args...)
	e.RetryAfter = retryAfter
	return e
}

// members returns an error if one of the ids is not that of a user of the trial.
func (m mark) members(ctx context.Context, change directory.MemberChange) error {
	if len(change.Add) == 0 {
		return nil
	}
	made, err := m.made(ctx, scim.User, change.Add...)
	if err == nil && !made {
		err = m.held("the members of a group can only be users that were created since the set-up began")
	}
	return err
}
