package outbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store"
)

// Engine is a store, as far as a Box needs it.
type Engine interface {
	Open(space string) store.Space
	Spaces(ctx context.Context) ([]string, error)
}

// ErrNone means that a receiver has no dead letter with an id.
var ErrNone = errors.New("the receiver has no dead letter with this id")

// ID is the id of the event of an entry for a receiver. It is the same whenever the event is sent,
// and differs between receivers.
func ID(space, entry, receiver string) string { return entry + "." + mark(space, receiver) }

// mark tells the ids of a space and receiver from others.
func mark(space, receiver string) string {
	sum := sha256.Sum256([]byte(space + "\x00" + receiver))
	return hex.EncodeToString(sum[:8])
}

// Resolve returns the journal, among logs, and the entry of the id of an event; nil if there is
// none.
func Resolve(logs []*journal.Log, id, receiver string) (l *journal.Log, entry string) {
	entry, of, _ := strings.Cut(id, ".")
	for _, l := range logs {
		if mark(l.Name(), receiver) == of {
			return l, entry
		}
	}
	return nil, ""
}

// Logs returns the journals of all scopes in a store.
func Logs(ctx context.Context, e Engine, now func() time.Time) (logs []*journal.Log, err error) {
	names, err := e.Spaces(ctx)
	for _, name := range names {
		if strings.HasPrefix(name, journal.SpacePrefix) {
			logs = append(logs, journal.New(journal.Options{Space: e.Open(name), Now: now}))
		}
	}
	return logs, err
}

// Letter is an event that a receiver has not got.
type Letter struct {
	Receiver string `json:"receiver"`
	ID       string `json:"id"`
	// Dead: it could not be delivered, and is not sent any more.
	Dead    bool      `json:"dead"`
	Time    time.Time `json:"time"`
	Tenant  string    `json:"tenant"`
	Request string    `json:"request"`
	Verb    string    `json:"verb"`
	Type    string    `json:"type"`
	Target  string    `json:"resource"`
	Cause   string    `json:"cause,omitempty"`
}

// Of makes the letter of an entry.
func Of(space, receiver string, e journal.Entry) Letter {
	return Letter{
		Receiver: receiver, ID: ID(space, e.ID, receiver), Dead: slices.Contains(e.Dead, receiver), Time: e.Ended, Tenant: e.Tenant,
		Request: e.Request, Verb: e.Verb, Type: string(e.Type), Target: e.Target, Cause: e.Causes[receiver],
	}
}

// List returns the first letters of a receiver, oldest first, and how many it has: those that wait,
// or those that are dead.
func List(ctx context.Context, logs []*journal.Log, receiver string, dead bool, most int) (all []Letter, count int, err error) {
	for _, l := range logs {
		look := l.Pending
		if dead {
			look = l.Dead
		}
		some, n, err := look(ctx, receiver, most)
		if err != nil {
			return nil, 0, err
		}
		count += n
		for _, e := range some {
			all = append(all, Of(l.Name(), receiver, e))
		}
	}
	slices.SortStableFunc(all, func(a, b Letter) int { return cmp.Compare(a.ID, b.ID) })
	return all[:min(most, len(all))], count, nil
}

// Retry puts a dead letter back into the outbox. It fails with ErrNone if there is none.
func Retry(ctx context.Context, logs []*journal.Log, receiver, id string) error {
	l, entry := Resolve(logs, id, receiver)
	if l == nil {
		return ErrNone
	}
	if done, err := l.Revived(ctx, entry, receiver); err != nil || done {
		return err
	}
	return ErrNone
}

// retryPage is how many dead letters are read at once.
const retryPage = 200

// RetryAll puts all dead letters of a receiver back into the outbox, and returns how many.
func RetryAll(ctx context.Context, logs []*journal.Log, receiver string) (done int, err error) {
	for _, l := range logs {
		for {
			some, _, err := l.Dead(ctx, receiver, retryPage)
			if err != nil {
				return done, err
			}
			if len(some) == 0 {
				break
			}
			for _, e := range some {
				ok, err := l.Revived(ctx, e.ID, receiver)
				if err != nil {
					return done, err
				}
				if ok {
					done++
				}
			}
		}
	}
	return done, nil
}
