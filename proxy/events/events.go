package events

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/webhook"
)

// Notices takes what the operator must know. All are required.
type Notices struct {
	// Away is called when a receiver stops taking events, and with an empty cause when it takes
	// them again.
	Away func(receiver, cause string)
	// Buried is called when an event becomes a dead letter.
	Buried func(l outbox.Letter)
	// Failed is called with an error of the store.
	Failed func(err error)
	// Undelivered is called when a journal deleted events that receivers had not got.
	Undelivered func(space string, events int)
}

// Options configure Events. All are required.
type Options struct {
	Engine outbox.Engine
	// Known returns the journals that this process uses.
	Known func() []*journal.Log
	// Issuer is that of security event tokens if the configuration has none.
	Issuer  string
	Notices Notices
	Metrics prometheus.Registerer
	Now     func() time.Time
}

// Events has all receivers. Its methods may be called on nil: then there are no receivers. It is
// safe for concurrent use.
type Events struct {
	engine    outbox.Engine
	used      func() []*journal.Log
	issuer    string
	notices   Notices
	now       func() time.Time
	keys      []clientkey.Key
	jwks      string
	receivers []*receiver
	metrics   *metrics
	stop      chan struct{} // closed when Run ends
	stopOnce  sync.Once

	mu   sync.Mutex
	logs map[string]*journal.Log // the journals that are known, by the names of their spaces
	said time.Time               // of the last line about an error of the store
}

// receiver is one receiver as configured.
type receiver struct {
	config.Receiver

	courier *courier     // nil unless it has a webhook
	polls   atomic.Int64 // that wait now
	filled  chan struct{}
}

// takes reports whether the receiver gets the changes of a tenant.
func (r *receiver) takes(tenant string) bool {
	return r.AllTenants || slices.Contains(r.Tenants, tenant)
}

// New makes the receivers of a configuration; nil if c is. It sends no request.
func New(c *config.Events, o Options) (*Events, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // nil is without receivers
	}
	e := &Events{
		engine: o.Engine, used: o.Known, issuer: cmp.Or(c.Issuer, o.Issuer), notices: o.Notices, now: o.Now,
		stop: make(chan struct{}), logs: map[string]*journal.Log{},
	}
	for _, file := range c.KeyFiles {
		k, err := clientkey.Read(file)
		if err != nil {
			return nil, fmt.Errorf("events.keyFiles: %w", err)
		}
		e.keys = append(e.keys, k)
	}
	var err error
	if e.jwks, err = clientkey.JWKS(e.keys...); err != nil {
		return nil, fmt.Errorf("events.keyFiles: %w", err)
	}
	e.metrics = newMetrics(c.Receivers, o.Metrics)
	for _, one := range c.Receivers {
		r := &receiver{Receiver: one, filled: make(chan struct{}, 1)}
		if one.Webhook != nil {
			w, err := webhook.New(*one.Webhook, o.Now)
			if err != nil {
				return nil, fmt.Errorf("events: receiver %s: %w", one.Name, err)
			}
			r.courier = &courier{Events: e, receiver: r, send: w.Send, lanes: map[string]*lane{}, wake: make(chan struct{}, 1)}
		}
		e.receivers = append(e.receivers, r)
	}
	return e, nil
}

// Journal adds to the options of journals what fills the outbox.
func (e *Events) Journal(o journal.Options) journal.Options {
	if e == nil {
		return o
	}
	for _, r := range e.receivers {
		o.Receivers = append(o.Receivers, r.Name)
	}
	o.Outbox, o.Filled = e.of, e.fill
	o.Undelivered = func(space string, n int) {
		e.metrics.undelivered.Add(float64(n))
		e.notices.Undelivered(space, n)
	}
	return o
}

// of are the receivers of the changes of a tenant.
func (e *Events) of(tenant string) (names []string) {
	for _, r := range e.receivers {
		if r.takes(tenant) {
			names = append(names, r.Name)
		}
	}
	return names
}

// fill lets receivers know that a journal has events for them.
func (e *Events) fill(l *journal.Log, names []string) {
	e.mu.Lock()
	e.logs[l.Name()] = l
	e.mu.Unlock()
	for _, r := range e.receivers {
		if !slices.Contains(names, r.Name) {
			continue
		}
		if r.courier != nil {
			r.courier.fill(l)
		}
		signal(r.filled)
	}
}

// signal makes a channel have a value.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

const (
	// lookEvery is how often all outboxes are looked at, for events that another process left.
	lookEvery = time.Minute
	// findEvery is how often journals of scopes are looked for that this process has not used.
	findEvery = time.Hour
)

// Run delivers events until the context ends.
func (e *Events) Run(ctx context.Context) {
	if e == nil {
		return
	}
	found := e.find(ctx)
	var work sync.WaitGroup
	for _, r := range e.receivers {
		if r.courier != nil {
			work.Go(func() { r.courier.run(ctx) })
		}
	}
	for ctx.Err() == nil {
		if e.now().Sub(found) >= findEvery {
			found = e.find(ctx)
		}
		e.survey(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
	e.stopOnce.Do(func() { close(e.stop) }) // before the couriers, which may finish a request
	work.Wait()
}

// find looks for the journals of all scopes in the store, and returns the time; the zero time if it
// failed.
func (e *Events) find(ctx context.Context) time.Time {
	all, err := outbox.Logs(ctx, e.engine, e.now)
	if err != nil {
		e.failed(ctx, err)
		return time.Time{}
	}
	e.learn(all)
	return e.now()
}

// learn adds journals to those that are known.
func (e *Events) learn(all []*journal.Log) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range all {
		if e.logs[l.Name()] == nil {
			e.logs[l.Name()] = l
		}
	}
}

// known are the journals that are known, in the order of their names.
func (e *Events) known() []*journal.Log {
	e.learn(e.used())
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]*journal.Log, 0, len(e.logs))
	for _, name := range slices.Sorted(maps.Keys(e.logs)) {
		out = append(out, e.logs[name])
	}
	return out
}

// failed tells an error of the store, at most once a minute.
func (e *Events) failed(ctx context.Context, err error) {
	e.mu.Lock()
	now := e.now()
	tell := ctx.Err() == nil && now.Sub(e.said) >= lookEvery
	if tell {
		e.said = now
	}
	e.mu.Unlock()
	if tell {
		e.notices.Failed(err)
	}
}
