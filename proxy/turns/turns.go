package turns

import (
	"context"
	"errors"
	"sync"
)

// ErrFull means that so many calls wait that no more may.
var ErrFull = errors.New("turns: too many calls are waiting")

// Bounds of the waiting calls: of one caller, and of all.
const (
	mostWaiting    = 1_024
	mostWaitingAll = 8 * mostWaiting
)

// Queue has a number of places for calls. It is safe for concurrent use.
type Queue struct {
	places int
	share  int // the most places of one caller

	mu      sync.Mutex
	refuse  error // not nil: no call gets a place
	held    int
	waiting int
	callers map[string]*caller // without callers that neither hold a place nor wait
	turn    []*caller          // those with waiting calls, the next one first
}

// caller has the calls of a caller.
type caller struct {
	held int
	line []chan error // the waiting calls, the oldest first; nil gives a place
}

// New returns a queue with a number of places.
func New(places int) *Queue {
	return &Queue{places: places, share: max(1, places-places/4), callers: map[string]*caller{}}
}

// Acquire waits for a place for a call of a caller. The error is that of the context, ErrFull, or
// that of Refuse. Without an error, Release must be called with the same key.
func (q *Queue) Acquire(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	if q.refuse != nil {
		defer q.mu.Unlock()
		return q.refuse
	}
	c := q.callers[key]
	if c == nil {
		c = &caller{}
		q.callers[key] = c
	}
	if q.held < q.places && c.held < q.share && len(c.line) == 0 {
		q.held++
		c.held++
		q.mu.Unlock()
		return nil
	}
	if len(c.line) >= mostWaiting || q.waiting >= mostWaitingAll {
		q.forget(key, c)
		q.mu.Unlock()
		return ErrFull
	}
	place := make(chan error, 1)
	if len(c.line) == 0 {
		q.turn = append(q.turn, c)
	}
	c.line = append(c.line, place)
	q.waiting++
	q.mu.Unlock()
	select {
	case err := <-place:
		return err
	case <-ctx.Done():
		return q.leave(ctx, key, c, place)
	}
}

// leave takes a call whose context has ended out of the line. If it was given a place meanwhile,
// it has the place.
func (q *Queue) leave(ctx context.Context, key string, c *caller, place chan error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range c.line {
		if other == place {
			c.line = append(c.line[:i], c.line[i+1:]...)
			q.waiting--
			if len(c.line) == 0 {
				q.drop(c)
			}
			q.forget(key, c)
			return ctx.Err()
		}
	}
	return <-place
}

// Refuse lets no call have a place until it is called with nil: those that wait and those that come
// get the error at once. Calls that have a place keep it.
func (q *Queue) Refuse(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refuse = err; err == nil {
		return
	}
	for key, c := range q.callers {
		for _, place := range c.line {
			place <- err
		}
		c.line = nil
		q.forget(key, c)
	}
	q.waiting, q.turn = 0, nil
}

// Release gives a place back, to the next call that may have it.
func (q *Queue) Release(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.callers[key]
	q.held--
	c.held--
	q.forget(key, c)
	for i := 0; i < len(q.turn) && q.held < q.places; {
		next := q.turn[i]
		if next.held >= q.share {
			i++ // it has its share already
			continue
		}
		next.line[0] <- nil
		next.line = next.line[1:]
		next.held++
		q.held++
		q.waiting--
		q.turn = append(q.turn[:i], q.turn[i+1:]...)
		if len(next.line) > 0 {
			q.turn = append(q.turn, next)
		}
	}
}

// drop takes a caller without waiting calls out of the turn.
func (q *Queue) drop(c *caller) {
	for i, other := range q.turn {
		if other == c {
			q.turn = append(q.turn[:i], q.turn[i+1:]...)
			return
		}
	}
}

// forget removes a caller without calls.
func (q *Queue) forget(key string, c *caller) {
	if c.held == 0 && len(c.line) == 0 {
		delete(q.callers, key)
	}
}

// State returns how many calls have a place, and how many wait.
func (q *Queue) State() (held, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held, q.waiting
}
