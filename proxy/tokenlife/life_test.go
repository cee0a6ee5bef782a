package tokenlife_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/tokenlife"
)

// process is one that follows the keys of a store.
type process struct {
	*tokenlife.Life
	mu     sync.Mutex
	keys   []tokenlife.Key
	warned []string
	failed int
	stop   func()
}

func start(t *testing.T, m *storetest.Memory, keys ...tokenlife.Key) *process {
	p := &process{keys: keys}
	p.Life = tokenlife.New(tokenlife.Options{
		Space: m.Open("tokens"), Now: time.Now,
		Keys: func() []tokenlife.Key {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.keys
		},
		Warn: func(k tokenlife.Key, left time.Duration, used time.Time) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.warned = append(p.warned, fmt.Sprintf("%s %s %t", k.Name.Key, left, !used.IsZero()))
		},
		Failed: func(error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.failed++
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { p.Run(ctx); close(done) }()
	p.stop = func() { cancel(); <-done }
	return p
}

func (p *process) set(keys ...tokenlife.Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys
}

func (p *process) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := strings.Join(p.warned, "; ")
	p.warned = nil
	return all
}

func key(id string, expires time.Time) tokenlife.Key {
	return tokenlife.Key{Name: tokenlife.Name{Tenant: "acme", Key: id}, Realm: "r", Expires: expires}
}

// saves counts the writes since the last time.
func saves(m *storetest.Memory) (n int) {
	for _, op := range m.Ops() {
		if op.Name == "Save" {
			n++
		}
	}
	m.Reset()
	return n
}

// There is one warning 30, 7 and 1 days before the expiry and one at it; one for the nearest if
// several are due; none for a token that does not expire; and one for a new key at once.
func TestWarnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		begun := time.Now()
		p := start(t, storetest.NewMemory(), key("k1", begun.Add(40*day)), key("k2", time.Time{}))
		defer p.stop()
		for _, row := range []struct{ days, want string }{
			{"9", ""}, {"1", "k1 720h0m0s false"}, {"1", ""}, {"22", "k1 168h0m0s false"}, {"5", ""}, {"1", "k1 24h0m0s false"},
			{"1", "k1 0s false"}, {"30", ""},
		} {
			var n int
			_, _ = fmt.Sscan(row.days, &n)
			time.Sleep(time.Duration(n) * day)
			synctest.Wait()
			if got := p.take(); got != row.want {
				t.Errorf("%s days later, day %v: %q, want %q", row.days, time.Since(begun).Hours()/24, got, row.want)
			}
		}
		p.set(key("k3", time.Now().Add(2*day)), key("k4", time.Now().Add(-day)))
		p.Note(tokenlife.Name{Tenant: "acme", Key: "k3"})
		p.Wake()
		synctest.Wait()
		if got := p.take(); got != "k3 48h0m0s true; k4 -24h0m0s false" {
			t.Errorf("new keys: %q", got)
		}
	})
}

// A use is written within a minute, at most once a minute for each key, and at the end; other
// processes read it.
func TestUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		k1, k2 := key("k1", time.Time{}), key("k2", time.Time{})
		p := start(t, m, k1, k2)
		if _, known := p.Used(k1.Name); known {
			t.Error("a key that was never used has a use")
		}
		for range 100 {
			p.Note(k1.Name)
			p.Note(k2.Name)
		}
		if n := saves(m); n != 0 {
			t.Errorf("%d writes while requests run", n)
		}
		first := time.Now()
		time.Sleep(tokenlife.Every)
		synctest.Wait()
		if n := saves(m); n != 2 {
			t.Errorf("%d writes after a minute, want 2", n)
		}
		time.Sleep(10 * tokenlife.Every)
		synctest.Wait()
		if n := saves(m); n != 0 {
			t.Errorf("%d writes without a use", n)
		}
		p.Note(k1.Name)
		later := time.Now()
		p.stop()
		again := start(t, m, k1, k2)
		synctest.Wait()
		if at, _ := again.Used(k1.Name); !at.Equal(later) {
			t.Errorf("another process reads %s, want %s", at, later)
		}
		if at, _ := again.Used(k2.Name); !at.Equal(first) {
			t.Errorf("another process reads %s, want %s", at, first)
		}
		again.stop()
	})
}

// Uses that cannot be written are kept, the failure is reported once, and a request never waits.
func TestStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		k1 := key("k1", time.Time{})
		p := start(t, m, k1)
		synctest.Wait()
		m.SetDown(store.Unavailable(t.Context(), "test", errors.New("down")))
		p.Note(k1.Name)
		time.Sleep(5 * tokenlife.Every)
		synctest.Wait()
		if p.mu.Lock(); p.failed != 1 {
			t.Errorf("%d failures are reported", p.failed)
		}
		p.mu.Unlock()
		m.SetDown(nil)
		m.OnOp(func(ctx context.Context, op storetest.Op) error { // it can be read, but not written
			if op.Name == "Save" {
				return store.Unavailable(ctx, "test", errors.New("full"))
			}
			return nil
		})
		time.Sleep(tokenlife.Every)
		synctest.Wait()
		m.OnOp(nil)
		time.Sleep(tokenlife.Every)
		synctest.Wait()
		p.stop()
		again := start(t, m, k1)
		defer again.stop()
		synctest.Wait()
		if _, known := again.Used(k1.Name); !known {
			t.Error("the use was lost")
		}
	})
}

// Of two processes that use a key, the later time stays, also if they write at the same time.
func TestTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		k1 := key("k1", time.Time{})
		a, b := start(t, m, k1), start(t, m, k1)
		for range 3 {
			a.Note(k1.Name)
			time.Sleep(time.Second)
			b.Note(k1.Name)
			time.Sleep(tokenlife.Every)
		}
		a.Note(k1.Name)
		time.Sleep(time.Second)
		last := time.Now()
		b.Note(k1.Name)
		b.stop()
		m.Reset()
		if a.stop(); saves(m) != 0 {
			t.Error("a use that is known to be older is written")
		}
		c := start(t, m, k1)
		defer c.stop()
		synctest.Wait()
		if at, _ := c.Used(k1.Name); !at.Equal(last) {
			t.Errorf("%s, want %s", at, last)
		}
		if a.failed+b.failed > 0 {
			t.Error("a conflict is a failure")
		}
	})
}
