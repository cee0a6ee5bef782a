package soak

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

const (
	// healthy is the time from the recovery from a fault to the next one. It has recovered when each
	// provider has carried out someIntents more.
	healthy, someIntents = 5 * time.Second, 2
	// downtime is how long Redis and a proxy are down. Keycloak is down while it starts.
	downtime = 3 * time.Second
)

// fault stops a part and starts it again.
type fault struct {
	name string
	does func() error
}

// faults are the faults of a round. Between an end by SIGTERM and one by SIGKILL the other parts
// have their turn.
func (w *world) faults(ctx context.Context) []fault {
	second := w.replicas[1]
	redis := func(end func()) func() error {
		return func() error {
			end()
			pause(ctx, downtime)
			w.redis.Restart()
			return nil
		}
	}
	proxy := func(signal syscall.Signal) func() error {
		return func() error {
			if err := second.end(signal); err != nil {
				return err
			}
			pause(ctx, downtime)
			return second.start()
		}
	}
	return []fault{
		{"Keycloak SIGTERM", w.keycloak.Restart},
		{"Redis SIGTERM", redis(w.redis.Stop)},
		{"proxy SIGTERM", proxy(syscall.SIGTERM)},
		{"Keycloak SIGKILL", func() error {
			if err := w.keycloak.Kill(); err != nil {
				return err
			}
			return w.keycloak.Restart()
		}},
		{"Redis SIGKILL", redis(w.redis.Kill)},
		{"proxy SIGKILL", proxy(syscall.SIGKILL)},
	}
}

// fail makes rounds of faults until a time, at least one round.
func (w *world) fail(ctx context.Context, until time.Time, r *report) {
	w.t.Helper()
	if !w.recovers(ctx) {
		w.t.Fatal("the providers do not begin")
	}
	for round := 0; round == 0 || time.Now().Before(until); round++ {
		for _, f := range w.faults(ctx) {
			pause(ctx, healthy)
			if round > 0 && time.Now().After(until) {
				break
			}
			r.begins(f.name)
			begun := time.Now()
			if err := f.does(); err != nil {
				w.t.Fatalf("%s: %v", f.name, err)
			}
			down := time.Since(begun)
			if !w.recovers(ctx) {
				w.t.Fatalf("the providers do not recover from %s", f.name)
			}
			r.ends(fmt.Sprintf("%s: down for %.0f s, recovered %.0f s later", f.name, down.Seconds(), (time.Since(begun) - down).Seconds()))
		}
	}
	pause(ctx, max(healthy, time.Until(until)))
}

// recovers waits until each provider has carried out some intents, and reports whether they have.
func (w *world) recovers(ctx context.Context) bool {
	until, goals := time.Now().Add(patience), map[*provider]int64{}
	for _, t := range w.tenants {
		for _, p := range t.providers {
			goals[p] = p.done.Load() + someIntents
		}
	}
	for p, goal := range goals {
		for p.done.Load() < goal {
			if pause(ctx, 100*time.Millisecond); time.Now().After(until) || w.t.Failed() {
				return false
			}
		}
	}
	return true
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
