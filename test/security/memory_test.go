package security

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// If the large requests of a caller hang, only further large requests of the same caller are
// refused. Its small requests, and large requests of other callers, are served.
func TestOneCallerCannotTakeTheMemoryOfAll(t *testing.T) {
	w := newWorld(t)
	w.send("acme", "GET", "/Users", "")
	w.send("manager", "GET", "/Users", "")
	const hanging = 5 // requests of 2 MiB, each counted 8 times except the first MiB: 75 MiB of the 80 MiB per caller
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
