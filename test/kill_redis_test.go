package test

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// relay is a server between the proxy and Redis. It holds a command before Redis gets it, or its
// answer.
type relay struct {
	net.Listener
	server           string
	commands, answer atomic.Pointer[gate]
}

func newRelay(t *testing.T, server string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, server: server}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { r.connect(conn) })
		}
	})
	t.Cleanup(func() { // the proxy started later, so it has closed its connections before
		_ = l.Close()
		all.Wait()
	})
	return r
}

func (r *relay) connect(proxy net.Conn) {
	defer func() { _ = proxy.Close() }()
	redis, err := net.Dial("tcp", r.server)
	if err != nil {
		return // Redis is down
	}
	var back sync.WaitGroup
	back.Go(func() { pipe(proxy, redis, &r.answer) })
	pipe(redis, proxy, &r.commands)
	back.Wait()
}

// pipe copies until either side is closed or the gate does not let a read pass, and closes both.
func pipe(to, from net.Conn, g *atomic.Pointer[gate]) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !g.Load().passes() {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (r *relay) hold(g *gate, m moment) {
	r.heal()
	if m == before {
		r.commands.Store(g)
	} else {
		r.answer.Store(g)
	}
}

func (r *relay) heal() {
	r.commands.Store(nil)
	r.answer.Store(nil)
}

// letLocksExpire deletes all locks. Without it the test would wait for the lease of locks that
// could not be released.
func letLocksExpire(t *testing.T, s *redisserver.Server) {
	t.Helper()
	const script = `for _, k in ipairs(redis.call('KEYS', 'kscim:*:l:*')) do redis.call('DEL', k) end return 'OK'`
	if _, err := s.Do("EVAL", script, "0"); err != nil {
		t.Fatal(err)
	}
}

// TestRedisIsKilled kills Redis at every command of a change, before Redis gets it or after it
// has done it, and starts Redis again with its data.
func TestRedisIsKilled(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	r := newRelay(t, server.Addr)
	w := newWorld(t)
	cfg := w.cfg
	cfg.Limits.Request = config.Duration(20 * time.Second)
	cfg.Store = config.Store{Redis: &config.Redis{Addresses: []string{r.Addr().String()}, Prefix: "kscim:"}}
	c := client{proxytest.Serve(t, cfg) + "/scim/v2", w.tenantToken}
	n := 0
	for _, way := range []struct {
		name  string
		plan  newIntent
		steps int
	}{{"create", w.creations, 4}, {"membership", w.joinings(t), 4}} {
		for _, m := range []moment{before, after} {
			t.Run(way.name+"/"+m.String(), func(t *testing.T) {
				for step := 1; step < mostSteps; step++ {
					n++
					i, g := way.plan(t, c, n), newGate(step)
					r.hold(g, m)
					held, err := g.during(func() error { return i.try(t.Context(), c) }, server.Kill)
					r.heal()
					if !held {
						if step <= way.steps || err != nil {
							t.Errorf("ended before step %d: %v", step, err)
						}
						i.reached(t, c)
						return
					}
					server.Restart()
					letLocksExpire(t, server)
					if err != nil {
						mustBeRetried(t, step, err)
						if err := i.retry(t.Context(), c); err != nil {
							t.Errorf("step %d: the retry: %v", step, err)
						}
					}
					i.reached(t, c)
				}
				t.Error("the change does not finish")
			})
		}
	}
}
