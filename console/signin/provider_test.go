package signin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/console/signin"
)

// hanging is a Keycloak that takes requests and never answers.
type hanging struct {
	mu    sync.Mutex
	calls int
}

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.calls++
	h.mu.Unlock()
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// While Keycloak hangs, browsers that sign in share one request, none waits for the others, and its
// failure is remembered for a moment.
func TestKeycloakHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &hanging{}
		g, err := signin.New(signin.Options{Keycloak: "http://keycloak.example.com", Realm: "ops", Transport: to, URL: "http://localhost:9090", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		start := func(ctx context.Context, took time.Duration) {
			began := time.Now()
			w := httptest.NewRecorder()
			g.Routes()["GET /console/signin"].ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/console/signin", nil).WithContext(ctx))
			if got := time.Since(began); w.Code != 503 || got != took {
				t.Errorf("%d after %v, want %v", w.Code, got, took)
			}
		}
		var all sync.WaitGroup
		all.Go(func() { // the first leaves, and the others still get the answer
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start(ctx, time.Second)
		})
		synctest.Wait()
		for range 20 {
			all.Go(func() { start(t.Context(), 10*time.Second) })
		}
		all.Wait()
		start(t.Context(), 0)
		if to.calls != 1 {
			t.Errorf("%d requests", to.calls)
		}
		time.Sleep(6 * time.Second)
		start(t.Context(), 10*time.Second)
		if to.calls != 2 {
			t.Errorf("%d requests", to.calls)
		}
	})
}

// A check of sessions that fails is noted once, until one succeeds.
func TestUncheckedIsNoted(t *testing.T) {
	w := newWorld(t)
	c := w.signedIn()
	if len(w.notes) > 0 || strings.Join(w.told, "; ") != "ada signed in to the console" {
		t.Errorf("%q %q", w.notes, w.told)
	}
	down := func(is bool) {
		w.keycloak.mu.Lock()
		defer w.keycloak.mu.Unlock()
		w.keycloak.down = is
	}
	down(true)
	w.later(signin.CheckAge + time.Minute)
	for range 3 {
		w.sees(c, 200)
		w.later(time.Minute)
	}
	if len(w.notes) != 1 || !strings.Contains(w.notes[0], "502") {
		t.Errorf("%q", w.notes)
	}
	down(false)
	w.sees(c, 200)
	down(true)
	w.later(signin.CheckAge + time.Minute)
	w.sees(c, 200)
	if len(w.notes) != 2 || w.told[len(w.told)-1] != "sessions of the console are checked again" {
		t.Errorf("%q %q", w.notes, w.told)
	}
}
