package reach_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/reach"
)

// flaky is a server that breaks the connection of its first requests.
type flaky struct {
	*httptest.Server
	mu     sync.Mutex
	breaks int
	got    []string
}

func newFlaky(t *testing.T, breaks int) *flaky {
	t.Helper()
	f := &flaky{breaks: breaks}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.got = append(f.got, r.Method+" "+string(body))
		if len(f.got) <= f.breaks {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(f.Close)
	return f
}

// A request that changes nothing is sent once more if its connection breaks. A write is not, and
// nothing is sent a third time.
func TestRepeat(t *testing.T) {
	const token = "/realms/r/protocol/openid-connect/token"
	for name, c := range map[string]struct {
		method, path, body string
		breaks             int
		got                string
		answered           bool
	}{
		"GET":       {http.MethodGet, "/realms/r/scim/v2/Users", "", 1, "GET |GET ", true},
		"token":     {http.MethodPost, token, "grant", 1, "POST grant|POST grant", true},
		"GET twice": {http.MethodGet, "/realms/r/scim/v2/Users", "", 2, "GET |GET ", false},
		"create":    {http.MethodPost, "/realms/r/scim/v2/Users", "user", 1, "POST user", false},
		"PUT":       {http.MethodPut, "/admin/realms/r/users/1", "user", 1, "PUT user", false},
		"PATCH":     {http.MethodPatch, "/realms/r/scim/v2/Users/1", "user", 1, "PATCH user", false},
		"DELETE":    {http.MethodDelete, "/realms/r/scim/v2/Users/1", "", 1, "DELETE ", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFlaky(t, c.breaks)
			to := &http.Transport{}
			t.Cleanup(to.CloseIdleConnections)
			repeats := 0
			client := http.Client{Transport: reach.Repeat(to, func(context.Context) { repeats++ })}
			req, err := http.NewRequestWithContext(t.Context(), c.method, f.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := client.Do(req)
			if err == nil {
				_ = res.Body.Close()
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if got := strings.Join(f.got, "|"); got != c.got || (err == nil) != c.answered || repeats != len(f.got)-1 {
				t.Errorf("%q, want %q; %v; %d repeats", got, c.got, err, repeats)
			}
		})
	}
}

// A time-out is not repeated: the second try would take as long.
func TestTimeoutIsNotRepeated(t *testing.T) {
	repeats, sent := 0, 0
	next := roundTrip(func(*http.Request) (*http.Response, error) { sent++; return nil, context.DeadlineExceeded })
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://keycloak/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reach.Repeat(next, func(context.Context) { repeats++ }).RoundTrip(req); err == nil || sent != 1 || repeats != 0 { //nolint:bodyclose // there is none
		t.Errorf("%v, sent %d times", err, sent)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
