package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/webhook"
)

const (
	// shortest and longest wait after a failure; each is twice the one before.
	firstWait = time.Second
	mostWait  = 5 * time.Minute
	// batch is how many events are read at once.
	batch = 50
	// lockTime is how long one process delivers the events of a scope to a receiver, before others
	// may; turn is after how long it stops by itself.
	lockTime = 2 * time.Minute
	turn     = 30 * time.Second
	lockWait = time.Second
	// busyWait is how long a process waits if another one delivers.
	busyWait = 5 * time.Second
	saveTime = 10 * time.Second
)

// gone is the cause if the configuration was changed.
const gone = "the receiver does not name the tenant any more"

// backoff is how long to wait after so many failures in a row.
func backoff(failures int) time.Duration {
	if failures > 16 {
		return mostWait
	}
	return min(firstWait<<max(failures-1, 0), mostWait)
}

// courier sends the events of one receiver, one after the other.
type courier struct {
	*Events
	*receiver

	send func(ctx context.Context, body []byte) webhook.Result
	wake chan struct{}

	mu    sync.Mutex
	lanes map[string]*lane // those that may have events, by the names of their spaces

	// Of the goroutine of run:
	failures int       // in a row, of the receiver as a whole
	next     time.Time // not before
	away     bool
}

// lane is the outbox of one scope. Events of one scope keep their order.
type lane struct {
	log   *journal.Log
	tries int       // of its first event
	next  time.Time // not before
}

func (c *courier) fill(l *journal.Log) {
	c.mu.Lock()
	if c.lanes[l.Name()] == nil {
		c.lanes[l.Name()] = &lane{log: l}
	}
	c.mu.Unlock()
	signal(c.wake)
}

// run delivers until the context ends.
func (c *courier) run(ctx context.Context) {
	look := time.Time{}
	for ctx.Err() == nil {
		if now := c.now(); now.Sub(look) >= lookEvery {
			look = now
			for _, l := range c.known() {
				c.fill(l)
			}
		}
		wait := c.pass(ctx)
		timer := time.NewTimer(min(wait, lookEvery))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-c.wake:
		}
		timer.Stop()
	}
}

// pass delivers what can be delivered now, and returns how long nothing more is to be done.
func (c *courier) pass(ctx context.Context) time.Duration {
	c.mu.Lock()
	var due []*lane
	for _, l := range c.lanes {
		due = append(due, l)
	}
	c.mu.Unlock()
	wait := lookEvery
	for _, l := range due {
		now := c.now()
		if until := max(c.next.Sub(now), l.next.Sub(now)); until > 0 {
			wait = min(wait, until)
			continue
		}
		if ctx.Err() != nil {
			return 0
		}
		c.drop(l)
		if again := c.deliver(ctx, l); again > 0 {
			l.next = c.now().Add(again)
			c.keep(l)
			wait = min(wait, again)
		}
	}
	return wait
}

// drop and keep remove and restore a lane: what is added to its outbox in the meantime is seen.
func (c *courier) drop(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.lanes, l.log.Name())
}

func (c *courier) keep(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes[l.log.Name()] = l
}

// deliver delivers the events of a lane. It returns after which time it must be called again; 0 if
// its outbox is empty.
func (c *courier) deliver(ctx context.Context, l *lane) (again time.Duration) {
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	unlock, err := l.log.Space.Lock(waiting, "events:"+c.Name, lockTime)
	cancel()
	if err != nil {
		if !errors.Is(err, store.ErrLocked) {
			c.Events.failed(ctx, err)
		}
		return busyWait
	}
	defer unlock()
	for until := c.now().Add(turn); ctx.Err() == nil; {
		some, _, err := l.log.Pending(ctx, c.Name, batch)
		if err != nil {
			c.Events.failed(ctx, err)
			return busyWait
		}
		if len(some) == 0 {
			return 0
		}
		for _, e := range some {
			if ctx.Err() != nil || c.now().After(until) {
				return time.Millisecond // others may have their turn
			}
			if again, err := c.one(ctx, l, e); err != nil {
				c.Events.failed(ctx, err)
				return busyWait
			} else if again > 0 {
				return again
			}
		}
	}
	return busyWait
}

// one delivers one event. It returns after which time it must be tried again; 0 if the event has
// left the outbox. A request that has begun is finished, so that an event that was delivered is
// known to be.
func (c *courier) one(ctx context.Context, l *lane, e journal.Entry) (again time.Duration, err error) {
	if !c.takes(e.Tenant) {
		return 0, c.bury(ctx, l, e, gone)
	}
	body, err := bodyOf(l.log.Name(), c.Name, e)
	if err != nil {
		return 0, err
	}
	r := c.send(context.WithoutCancel(ctx), body)
	c.metrics.sent(c.Name, r.Verdict)
	switch r.Verdict {
	case webhook.Delivered:
		c.failures, c.next, l.tries = 0, time.Time{}, 0
		c.present()
		saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
		_, err := l.log.Delivered(saving, e.ID, c.Name)
		return 0, err
	case webhook.Refused:
		l.tries = 0
		return 0, c.bury(ctx, l, e, r.Cause)
	case webhook.Failed:
		if l.tries++; l.tries >= c.Webhook.Tries {
			l.tries = 0
			return 0, c.bury(ctx, l, e, r.Cause)
		}
		return backoff(l.tries), nil
	case webhook.Away:
	}
	c.failures++
	again = max(backoff(c.failures), min(r.After, time.Hour))
	c.next = c.now().Add(again)
	c.absent(r.Cause)
	return again, nil
}

// absent and present say once that the receiver does not take events, and that it takes them again.
func (c *courier) absent(cause string) {
	if !c.away {
		c.away = true
		c.notices.Away(c.Name, cause)
	}
}

func (c *courier) present() {
	if c.away {
		c.away = false
		c.notices.Away(c.Name, "")
	}
}

// bury makes an event a dead letter.
func (e *Events) bury(ctx context.Context, log *journal.Log, r *receiver, of journal.Entry, cause string) error {
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	done, err := log.Buried(saving, of.ID, r.Name, cause)
	if err != nil || !done {
		return err
	}
	e.metrics.buried(r.Name)
	letter := outbox.Of(log.Name(), r.Name, of)
	letter.Dead, letter.Cause = true, cause
	e.notices.Buried(letter)
	return nil
}

func (c *courier) bury(ctx context.Context, l *lane, e journal.Entry, cause string) error {
	return c.Events.bury(ctx, l.log, c.receiver, e, cause)
}
