package outbox

import (
	"context"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/journal"
)

// The actions of a Request.
const (
	ActionList  = "list"  // what waits
	ActionDead  = "dead"  // what could not be delivered
	ActionRetry = "retry" // puts what could not be delivered back
)

// Request is what an operator asks of the outboxes of receivers. It may be sent to a running proxy
// as JSON.
type Request struct {
	Action    string
	Receivers []string
	// Most bounds the letters of each receiver.
	Most int
	// ID is the letter to be sent again; "": all.
	ID string
}

// Result is what was found, or sent again, for one receiver.
type Result struct {
	Receiver string
	Count    int
	Letters  []Letter
}

// Do carries out a request.
func Do(ctx context.Context, e Engine, now func() time.Time, q Request) (all []Result, err error) {
	logs, err := Logs(ctx, e, now)
	if err != nil {
		return nil, err
	}
	for _, receiver := range q.Receivers {
		one, err := q.one(ctx, logs, receiver)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (q Request) one(ctx context.Context, logs []*journal.Log, receiver string) (r Result, err error) {
	r.Receiver = receiver
	switch {
	case q.Action == ActionList || q.Action == ActionDead:
		r.Letters, r.Count, err = List(ctx, logs, receiver, q.Action == ActionDead, q.Most)
	case q.Action == ActionRetry && q.ID != "":
		r.Count, err = 1, Retry(ctx, logs, receiver, q.ID)
	case q.Action == ActionRetry:
		r.Count, err = RetryAll(ctx, logs, receiver)
	default:
		err = fmt.Errorf("%q is not list, dead or retry", q.Action)
	}
	return r, err
}
