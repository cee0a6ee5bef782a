package health

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func askReady(ctx context.Context, r *Readiness) (status int, text string) {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
	return w.Code, w.Body.String()
}

func readinessOf(m *storetest.Memory) *Readiness {
	engine := guard.New(m, guard.Options{Now: time.Now, NewID: rand.Text})
	return NewReadiness(engine, func(context.Context) error { return nil }, func() []Status { return nil }, time.Now)
}

func probes(m *storetest.Memory) (n int) {
	for _, op := range m.Ops() {
		if op.Name == "Probe" {
			n++
		}
	}
	return n
}

// A store that can be read and takes no write is not ready; asking is cheap.
func TestReadinessWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		r := readinessOf(m)
		for _, c := range []struct {
			name   string
			fault  error
			status int
		}{
			{"writable", nil, http.StatusOK},
			{"full", store.Unavailable(t.Context(), "test", errors.New("disk full")), http.StatusServiceUnavailable},
			{"writable again", nil, http.StatusOK},
		} {
			m.OnOp(func(_ context.Context, op storetest.Op) error {
				if op.Name == "Probe" {
					return c.fault
				}
				return nil
			})
			before := probes(m)
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					status, text := askReady(t.Context(), r)
					if status != c.status || status != http.StatusOK && !strings.Contains(text, "disk full") {
						t.Errorf("%s: %d %s", c.name, status, text)
					}
				})
			}
			all.Wait()
			if n := probes(m) - before; n != 1 {
				t.Errorf("%s: %d probes for twenty callers", c.name, n)
			}
			time.Sleep(probeAge)
		}
	})
}

// A probe that does not end holds no caller up for longer than readyTimeout, and a caller who
// leaves does not end it.
func TestReadinessIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		r := readinessOf(m)
		stuck, begun := make(chan struct{}), make(chan struct{})
		m.OnOp(func(_ context.Context, op storetest.Op) error {
			if op.Name == "Probe" {
				close(begun)
				<-stuck
				return store.Unavailable(t.Context(), "test", errors.New("too late"))
			}
			return nil
		})
		leaving, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { askReady(leaving, r) })
		<-begun
		leave()
		start := time.Now()
		if status, _ := askReady(t.Context(), r); status != http.StatusServiceUnavailable || time.Since(start) != readyTimeout {
			t.Errorf("%d after %s", status, time.Since(start))
		}
		time.Sleep(time.Millisecond) // the probe's own deadline, of the same moment, has passed for sure
		m.OnOp(nil)
		close(stuck)
		all.Wait()
		for _, want := range []struct{ status, probes int }{{http.StatusServiceUnavailable, 1}, {http.StatusOK, 2}} {
			if status, text := askReady(t.Context(), r); status != want.status || probes(m) != want.probes {
				t.Errorf("afterwards: %d %s, %d probes; want %v", status, text, probes(m), want)
			}
			time.Sleep(probeAge)
		}
	})
}

// A tenant that does not work is named and does not make the process unready. If it is asked for by
// its name, the status is its own.
func TestReadinessNamesTenants(t *testing.T) {
	m := storetest.NewMemory()
	r := readinessOf(m)
	role := &fault.Fault{Cause: fault.Role, At: fault.Place{Realm: "b", Client: "scim"}}
	r.tenants = func() []Status {
		return []Status{
			{Name: "works", Realm: "a", Asked: true},
			{Name: "broken", Realm: "b", Asked: true, Faults: []*fault.Fault{role}},
			{Name: "open", Realm: "c", Asked: true, Open: errors.New("Keycloak is down")},
			{Name: "new", Realm: "d"},
		}
	}
	broken, open := "tenant broken (realm b): "+role.Error()+"\n", "tenant open (realm c): Keycloak is down\n"
	for query, want := range map[string]struct {
		status int
		text   string
	}{
		"":                {200, broken + open + "tenant new (realm d): not asked yet\n1 of 4 tenants work\n"},
		"?tenant=works":   {200, "tenant works (realm a): works\n"},
		"?tenant=broken":  {503, broken},
		"?tenant=open":    {503, open},
		"?tenant=new":     {503, "tenant new (realm d): not asked yet\n"},
		"?tenant=nobody":  {404, "there is no such tenant\n"},
		"?tenant=":        {200, broken + open + "tenant new (realm d): not asked yet\n1 of 4 tenants work\n"},
		"?verbose&tenant": {200, broken + open + "tenant new (realm d): not asked yet\n1 of 4 tenants work\n"},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz"+query, nil))
		text := w.Body.String()
		if want.status != 404 {
			_, text, _ = strings.Cut(text, "\n") // the stamp
		}
		if w.Code != want.status || text != want.text {
			t.Errorf("%s: %d %s\nwant %d %s", query, w.Code, text, want.status, want.text)
		}
	}
	m.OnOp(func(_ context.Context, op storetest.Op) error {
		if op.Name == "Probe" {
			return store.Unavailable(t.Context(), "test", errors.New("disk full"))
		}
		return nil
	})
	r.at = time.Time{}
	if status, text := askReady(t.Context(), r); status != 503 || !strings.Contains(text, "disk full") {
		t.Errorf("%d %s", status, text)
	}
}
