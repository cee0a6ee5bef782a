package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/webhook"
)

// number makes ids that differ.
var number atomic.Int64

// world is a store with one journal, and the receivers of one process.
type world struct {
	testing.TB
	*Events

	engine   *storetest.Memory
	registry *prometheus.Registry
	log      *journal.Log

	mu   sync.Mutex
	told []string
}

func (w *world) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

func (w *world) notes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.told)
}

// newWorld makes a process over a store; nil is a new store.
func newWorld(t *testing.T, engine *storetest.Memory, c config.Events) *world {
	t.Helper()
	if engine == nil {
		engine = storetest.NewMemory()
	}
	w := &world{TB: t, engine: engine, registry: prometheus.NewRegistry()}
	var err error
	w.Events, err = New(&c, Options{
		Engine: engine, Known: func() []*journal.Log { return nil }, Issuer: "https://scim.example.com", Metrics: w.registry, Now: time.Now,
		Notices: Notices{
			Away:        func(r, cause string) { w.tell("away %s %q", r, cause) },
			Buried:      func(l outbox.Letter) { w.tell("buried %s %s", l.Receiver, l.Cause) },
			Failed:      func(err error) { w.tell("failed %v", err) },
			Undelivered: func(space string, n int) { w.tell("undelivered %s %d", space, n) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.log = w.journal("saas")
	return w
}

// journal is that of a scope.
func (w *world) journal(scope string) *journal.Log {
	return journal.New(w.Journal(journal.Options{
		Space: w.engine.Open(journal.SpacePrefix + scope), Writer: &journal.Writer{}, Values: true, Keep: 24 * time.Hour, Most: 1000, Now: time.Now,
		NewID: func() string { return fmt.Sprintf("%010d", number.Add(1)) },
	}))
}

// happens adds an entry to a journal, as the layers do.
func (w *world) happens(l *journal.Log, e journal.Entry) journal.Entry {
	w.Helper()
	if e.Tenant == "" {
		e.Tenant = "acme"
	}
	if e.Type == "" {
		e.Type = scim.User
	}
	if e.Request == "" {
		e.Request = "r" + e.Target
	}
	if err := l.Begin(w.Context(), &e); err != nil {
		w.Fatal(err)
	}
	if e.State = journal.Done; e.Reason != "" {
		e.State = journal.Failed
	}
	if err := l.Settle(w.Context(), &e); err != nil {
		w.Fatal(err)
	}
	return e
}

// hooks is a configuration with webhooks of these names, for all tenants.
func hooks(t *testing.T, names ...string) (c config.Events) {
	t.Helper()
	for _, name := range names {
		w := config.DefaultWebhook()
		w.URL = "https://" + name + ".example.com"
		c.Receivers = append(c.Receivers, config.Receiver{Name: name, AllTenants: true, Webhook: &w})
	}
	return c
}

// target is a receiver that notes what it gets.
type target struct {
	mu     sync.Mutex
	got    []string // "12.5s id"
	begun  time.Time
	answer func(n int, body []byte) webhook.Result
}

func (w *world) target(name string, answer func(n int, body []byte) webhook.Result) *target {
	for _, r := range w.receivers {
		if r.Name == name {
			x := &target{begun: time.Now(), answer: answer}
			r.courier.send = x.send
			return x
		}
	}
	w.Fatal("there is no receiver", name)
	return nil
}

func (x *target) send(_ context.Context, body []byte) webhook.Result {
	x.mu.Lock()
	_, rest, _ := strings.Cut(string(body), `"resource":"`)
	id, _, _ := strings.Cut(rest, `"`)
	x.got = append(x.got, fmt.Sprintf("%s@%s", id, time.Since(x.begun)))
	n := len(x.got)
	x.mu.Unlock()
	if x.answer == nil {
		return webhook.Result{Verdict: webhook.Delivered}
	}
	return x.answer(n, body)
}

func (x *target) all() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Join(x.got, " ")
}

// runs runs the process until stop is called.
func (w *world) runs() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() {
		w.Run(ctx)
		close(done)
	}()
	return func() {
		cancel()
		<-done
	}
}

var errDown = errors.New("the store is down")
