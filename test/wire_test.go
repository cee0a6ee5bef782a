package test

import (
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// wire is a server between the proxy and Keycloak that copies bytes. Frozen, it copies none and
// keeps all connections open, as a network does that drops packets.
type wire struct {
	net.Listener
	target string
	mu     sync.Mutex
	thawed chan struct{} // closed unless the wire is frozen
	conns  map[net.Conn]bool
}

// newWire starts a wire to the server at a URL. It ends with the test.
func newWire(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, target: to.Host, thawed: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(w.thawed)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.connect(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.thaw()
		w.mu.Lock()
		for c := range w.conns {
			_ = c.Close()
		}
		w.mu.Unlock()
		all.Wait()
	})
	return w
}

func (w *wire) url() string { return "http://" + w.Addr().String() }

func (w *wire) connect(proxy net.Conn) {
	server, err := net.Dial("tcp", w.target)
	if err != nil {
		_ = proxy.Close() // Keycloak is down
		return
	}
	w.mu.Lock()
	w.conns[proxy], w.conns[server] = true, true
	w.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() { w.copy(proxy, server) })
	w.copy(server, proxy)
	back.Wait()
	w.mu.Lock()
	delete(w.conns, proxy)
	delete(w.conns, server)
	w.mu.Unlock()
}

// copy copies until either side is closed, and closes both. A frozen wire does not notice that a
// side was closed.
func (w *wire) copy(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		thawed := w.thawed
		w.mu.Unlock()
		<-thawed
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (w *wire) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.thawed = make(chan struct{})
}

func (w *wire) thaw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.thawed:
	default:
		close(w.thawed)
	}
}

// follower is a log that a test waits for.
type follower struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{} // has a value after a new line
}

func newFollower() *follower { return &follower{more: make(chan struct{}, 1)} }

// Write adds a line.
func (f *follower) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, string(b))
	select {
	case f.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

// Sync does nothing.
func (f *follower) Sync() error { return nil }

// with returns the lines that have a text.
func (f *follower) with(text string) (found []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.lines {
		if strings.Contains(l, text) {
			found = append(found, l)
		}
	}
	return found
}

// await waits until n lines have a text.
func (f *follower) await(t *testing.T, text string, n int) {
	t.Helper()
	for len(f.with(text)) < n {
		select {
		case <-f.more:
		case <-t.Context().Done():
			t.Fatalf("no line with %q", text)
		}
	}
}
