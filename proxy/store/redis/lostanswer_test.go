package redis_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// lossy stands in front of a server. If lose is set, it breaks the connection instead of passing on
// the next answer to a script.
type lossy struct {
	net.Listener
	server string
	lose   atomic.Bool
	lost   atomic.Int64
	// meanwhile is called when the server has done the command whose answer is lost, before the
	// client sends it again.
	meanwhile atomic.Pointer[func()]
}

func newLossy(t *testing.T, server string) *lossy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &lossy{Listener: l, server: server}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.relay(conn)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return p
}

func (p *lossy) relay(client net.Conn) {
	defer hangUp(client)
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer hangUp(server)
	var doomed atomic.Bool
	go func() {
		defer hangUp(server)
		pipe(server, client, func(b []byte) bool {
			if bytes.Contains(b, []byte("evalsha")) && p.lose.CompareAndSwap(true, false) {
				doomed.Store(true)
			}
			return true
		})
	}()
	pipe(client, server, func([]byte) bool { // the server has done it when it answers
		if doomed.Load() {
			p.lost.Add(1)
			if f := p.meanwhile.Swap(nil); f != nil {
				(*f)()
			}
			return false
		}
		return true
	})
}

// hangUp closes a connection that may be closed already.
func hangUp(c net.Conn) { _ = c.Close() }

// pipe copies until either end closes, or pass returns false.
func pipe(to io.Writer, from io.Reader, pass func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !pass(buf[:n]) {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestLostAnswers(t *testing.T) {
	ctx, server := t.Context(), redisserver.Start(t, redisserver.Options{})
	proxy := newLossy(t, server.Addr)
	s := open(t, redis.Options{Addresses: []string{proxy.Addr().String()}}).Open("acme")
	// The scripts are known to the server from here on.
	rev, err := s.Save(ctx, "u1", store.Record{Body: []byte("1"), Terms: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := s.Lock(ctx, "u1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := s.Rewrite(ctx, "u1", store.Record{Rev: rev, Body: []byte("1"), Terms: []string{"a"}}); err != nil {
		t.Fatal(err)
	}

	proxy.lose.Store(true)
	rev, err = s.Save(ctx, "u1", store.Record{Rev: rev, Body: []byte("2"), Terms: []string{"b"}})
	if err != nil {
		t.Fatalf("a save does not recognise its own first try: %v", err)
	}
	if got, err := s.Load(ctx, "u1"); err != nil || string(got["u1"].Body) != "2" || got["u1"].Rev != rev {
		t.Errorf("kept is %v, %v; want revision %d", got, err, rev)
	}
	other := open(t, redis.Options{Addresses: []string{server.Addr}}).Open("acme")
	reseals := func() {
		recs, err := other.Load(ctx, "u1")
		if err == nil {
			err = other.Rewrite(ctx, "u1", store.Record{Rev: recs["u1"].Rev, Body: []byte("3 sealed again"), Terms: []string{"d"}})
		}
		if err != nil {
			t.Error(err)
		}
	}
	proxy.meanwhile.Store(&reseals)
	proxy.lose.Store(true)
	if rev, err = s.Save(ctx, "u1", store.Record{Rev: rev, Body: []byte("3"), Terms: []string{"c"}}); err != nil {
		t.Fatalf("a save does not recognise its own first try after a rewrite: %v", err)
	}
	if got, err := s.Load(ctx, "u1"); err != nil || string(got["u1"].Body) != "3 sealed again" || got["u1"].Rev != rev {
		t.Errorf("kept is %v, %v; want revision %d", got, err, rev)
	}
	proxy.lose.Store(true)
	if err := s.Rewrite(ctx, "u1", store.Record{Rev: rev, Body: []byte("3 once more")}); err != nil {
		t.Errorf("a rewrite whose answer is lost: %v", err)
	}
	proxy.lose.Store(true)
	if _, err := s.Save(ctx, "u1", store.Record{Rev: rev - 1}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a stale save whose answer is lost: %v", err)
	}
	proxy.lose.Store(true)
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	unlock, err = s.Lock(wait, "u1", time.Hour)
	if err != nil {
		t.Fatalf("a lock does not recognise its own first try: %v", err)
	}
	unlock()
	if n := proxy.lost.Load(); n != 5 {
		t.Errorf("%d answers were lost, want 5: this test tests nothing", n)
	}
}
