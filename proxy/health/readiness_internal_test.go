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

// A store that can be read but not written is not ready. Many requests cost few probes.
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

// A probe that does not end delays callers by at most readyTimeout, and the end of a caller's
// request does not end it.
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
		time.Sleep(time.Millisecond) // so that the probe's deadline, which is at the same moment, has passed too
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
		"":               {200, broken + open + "tenant new (realm d): not asked yet\n1 of 4 tenants work\n"},
		"?tenant=works":  {200, "tenant works (realm a): works\n"},
		"?tenant=broken": {503, broken},
		"?tenant=open":   {503, open},
		"?tenant=new":    {503, "tenant new (realm d): not asked yet\n"},
		"?tenant=nobody": {404, "there is no such tenant\n"},
		"?tenant=":       {200, broken + open + "tenant new (realm d): not asked yet\n1 of 4 tenants work\n"},
		"?other&tenant":  {200, broken + open + "tenant new (realm d): not asked yet\n1 of 4 tenants work\n"},
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

// With ?verbose, the answer has every tenant with what was asked and answered, also if the store is
// the reason why the process is not ready.
func TestVerbose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		r := readinessOf(m)
		r.Details = func() []string { return []string{"keycloak: answered"} }
		role, at := &fault.Fault{Cause: fault.Role, Said: "403"}, time.Unix(1_800_000_000, 0)
		r.tenants = func() []Status {
			return []Status{
				{Name: "works", Realm: "a", Asked: true, At: at, Report: Report{{Step: Token}, {Step: Profile, Note: "users must have title"}}},
				{Name: "broken", Realm: "b", Asked: true, Faults: []*fault.Fault{role}, At: at, Report: Report{{Step: Token}, {Step: Role, Fault: role}, {Step: Users, Open: errNotAsked}}},
			}
		}
		const works = "tenant works (realm a): works\n  asked at 2027-01-15T08:00:00Z\n  token: a token by the client credentials grant: good\n" +
			"  profile: the user profile of the realm: good: users must have title\n"
		broken := "tenant broken (realm b): " + role.Error() + "\n  asked at 2027-01-15T08:00:00Z\n  token: a token by the client credentials grant: good\n" +
			"  role: a create without a name; of a group tenant, its group and the groups in it: fault role: 403\n" +
			"  users: of a group tenant, the users that it may not manage: not known: " + errNotAsked.Error() + "\n"
		wrote := "store: took a write at " + time.Now().UTC().Format(time.RFC3339) + "\nkeycloak: answered\n"
		ask := func(query string, status int, want string) {
			t.Helper()
			w := httptest.NewRecorder()
			r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz"+query, nil))
			if first, text, _ := strings.Cut(w.Body.String(), "\n"); w.Code != status || text != want || strings.HasPrefix(first, "store stamp ") != (r.err == nil) {
				t.Errorf("%s: %d %s\n%s\nwant %d\n%s", query, w.Code, first, text, status, want)
			}
		}
		ask("?verbose", http.StatusOK, wrote+works+broken+"1 of 2 tenants work\n")
		ask("?verbose&tenant=works", http.StatusOK, wrote+works)
		ask("?verbose&tenant=broken", http.StatusServiceUnavailable, wrote+broken)
		time.Sleep(probeAge)
		m.OnOp(func(context.Context, storetest.Op) error {
			return store.Unavailable(t.Context(), "test", errors.New("disk full"))
		})
		if _, err := r.probe(t.Context()); err == nil {
			t.Fatal("the store takes a write")
		}
		ask("?verbose", http.StatusServiceUnavailable, "keycloak: answered\n"+works+broken+"1 of 2 tenants work\n")
	})
}

// Every step says what it asks.
func TestSteps(t *testing.T) {
	for _, s := range append(steps, Attributes) {
		if asks[s] == "" {
			t.Errorf("%s does not say what it asks", s)
		}
	}
}
