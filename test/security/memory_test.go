package security

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A caller whose large requests hang takes the room of its own requests only: another caller of
// the same size is served, and so are its small ones.
func TestOneCallerCannotTakeTheMemoryOfAll(t *testing.T) {
	w := newWorld(t)
	w.send("acme", "GET", "/Users", "")
	w.send("manager", "GET", "/Users", "")
	const hanging = 5 // of 2 MiB, each counted 8 times but for the first MiB: 75 MiB of the 80 that one caller may hold
	held, release := make(chan struct{}, hanging), make(chan struct{})
	hang := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.Header.Get("Authorization") == "Bearer "+w.tokens["manager"] {
			return false
		}
		held <- struct{}{}
		<-release
		return false
	}
	w.upstream.Before.Store(&hang)
	large := func(name string) string { return strings.Repeat(" ", 2<<20) + user(name) }
	var all sync.WaitGroup
	for i := range hanging {
		all.Go(func() { w.send("acme", "POST", "/Users", large("acme"+string(rune('a'+i)))) })
	}
	for range hanging {
		<-held
	}
	if a := w.send("acme", "POST", "/Users", large("onemore")); a.Status != 503 || a.Header.Get("Retry-After") == "" {
		t.Errorf("one more of the caller: %d %.200s", a.Status, a.Body)
	}
	if a := w.send("manager", "POST", "/Users", large("other")); a.Status != 201 {
		t.Errorf("another caller: %d %.200s", a.Status, a.Body)
	}
	if a := w.send("acme", "GET", "/Users?count=10", ""); a.Status != 200 {
		t.Errorf("a small request of the caller: %d %.200s", a.Status, a.Body)
	}
	close(release)
	all.Wait()
	w.upstream.Before.Store(nil)
	if a := w.send("acme", "POST", "/Users", large("afterwards")); a.Status != 201 {
		t.Errorf("afterwards: %d %.200s", a.Status, a.Body)
	}
}
