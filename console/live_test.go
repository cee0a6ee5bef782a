package console_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/console/page"
)

// stream opens a stream and returns its lines.
func stream(t *testing.T, url, who string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "who", Value: who})
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req) //nolint:bodyclose // the reader closes it
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 {
		_ = res.Body.Close()
		t.Fatalf("%d", res.StatusCode)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer res.Body.Close()
		s := bufio.NewScanner(res.Body)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			select {
			case lines <- s.Text():
			case <-t.Context().Done():
				return
			}
		}
	}()
	return lines
}

func wait(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	for {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("the stream ended before %q", want)
			}
			if strings.Contains(line, want) {
				return
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no %q", want)
		}
	}
}

// A tenant's open pages show new entries, and share one follower.
func TestLiveTenant(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	s := httptest.NewServer(w.handler)
	defer s.Close()
	defer w.console.Close()
	one, two := stream(t, s.URL+"/console/live/tenants/acme", "ada"), stream(t, s.URL+"/console/live/tenants/acme", "eve")
	wait(t, one, "e1000")
	wait(t, two, "part-activity")
	for { // Follow begins after the first parts
		w.backend.mu.Lock()
		changed := w.backend.changed
		w.backend.newest = 7
		w.backend.mu.Unlock()
		if changed != nil {
			changed()
			break
		}
		runtime.Gosched()
	}
	for _, lines := range []<-chan string{one, two} {
		wait(t, lines, "e1007")
		wait(t, lines, "New activity at")
	}
	if w.backend.follows != 1 {
		t.Errorf("%d followers", w.backend.follows)
	}
	wait(t, stream(t, s.URL+"/console/live/tenants?after=t10", "ada"), "part-tenants")
}

// 50 open pages cost less than 20 MiB: with the client's own share, which is in the same process.
func TestManyPages(t *testing.T) {
	const most, streams = 20 << 20, 50
	w := newWorld(t, page.LiveOptions{PerSession: streams})
	s := httptest.NewServer(w.handler)
	defer s.Close()
	defer w.console.Close()
	memory := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before, goroutines := memory(), runtime.NumGoroutine()
	for range streams {
		wait(t, stream(t, s.URL+"/console/live/tenants/acme", "ada"), "part-activity")
	}
	cost := int64(memory()) - int64(before) //nolint:gosec // far below the limit
	t.Logf("%d streams: %d KiB, %d goroutines", streams, cost>>10, runtime.NumGoroutine()-goroutines)
	if cost > most || w.backend.follows > 1 || runtime.NumGoroutine()-goroutines > 8*streams+10 {
		t.Errorf("%d bytes, %d followers, %d goroutines", cost, w.backend.follows, runtime.NumGoroutine()-goroutines)
	}
}
